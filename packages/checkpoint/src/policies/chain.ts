import type { Residual } from '@gradloom/core'
import { isHeavy, lastUsesOf } from '@gradloom/core/extend'

/** A stretch of a program between two values through which everything passes. */
export interface Layer {
  /** Its values, inputs first; the last of them is `end`, but in the last layer. */
  readonly values: readonly Residual[]
  /** The one value that later layers read; null for the last layer. */
  readonly end: Residual | null
  /** Bytes that the backward pass reads of it, with its end. */
  readonly byteLength: number
  /** Operations that it takes. */
  readonly cost: number
}

/**
 * Cuts a program into layers wherever a single value is all that the rest of it reads. Each has one heavy kernel at
 * least, and ends as late as it can: after activations and what else is cheap. A program without such values is one.
 */
export function layersOf(values: readonly Residual[]): Layer[] {
  const waists = waistsOf(values)
  const layers: Layer[] = []
  let from = 0
  let candidate = -1
  let hasHeavy = false
  values.forEach((value, i) => {
    if (isHeavy(value)) {
      if (hasHeavy && candidate >= from) {
        layers.push(layer(values.slice(from, candidate + 1), waists[candidate]))
        from = candidate + 1
      }
      hasHeavy = true
    }
    if (hasHeavy && waists[i]) candidate = i
  })
  layers.push(layer(values.slice(from), null))
  return layers
}

/** As many layers at most, each of about as many neighbours. */
export function joinedLayers(layers: readonly Layer[], most: number): readonly Layer[] {
  const each = Math.ceil(layers.length / most)
  if (each < 2) return layers
  return Array.from({ length: Math.ceil(layers.length / each) }, (_, i): Layer => {
    const parts = layers.slice(i * each, (i + 1) * each)
    const sum = (of: (part: Layer) => number): number => parts.reduce((all, part) => all + of(part), 0)
    return {
      values: parts.flatMap((part) => part.values),
      end: parts.at(-1)!.end,
      byteLength: sum((part) => part.byteLength),
      cost: sum((part) => part.cost),
    }
  })
}

function layer(values: readonly Residual[], end: Residual | null): Layer {
  let byteLength = 0
  let cost = 0
  for (const value of values) {
    if (value.isRead || value === end) byteLength += value.byteLength
    cost += value.cost
  }
  return { values, end, byteLength, cost }
}

/** For each position, the one value up to it that later ones read; null where they read several, or none. */
function waistsOf(values: readonly Residual[]): (Residual | null)[] {
  const lastUse = lastUsesOf(values)
  const ending: number[][] = values.map(() => [])
  lastUse.forEach((at, i) => {
    if (at > i) ending[at].push(i)
  })
  const live = new Set<number>()
  return values.map((_, i) => {
    for (const ended of ending[i]) live.delete(ended)
    if (lastUse[i] > i) live.add(i)
    const [only] = live
    return live.size === 1 ? values[only] : null
  })
}
