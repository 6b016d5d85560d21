import type { Policy, Recomputations, Tensor } from '@gradloom/core'
import { checkCount } from '../check.ts'
import { layersOf, type Layer } from './chain.ts'
import { planning } from './planned.ts'

/** How often the values of a layer are computed again, and the value that it ends in. */
export interface LayerPlan {
  readonly inside: number
  readonly end: number
}

/** A plan of layers as one of values. What no backward step reads of a layer is computed again where it is needed. */
export function ofLayers(layers: readonly Layer[], planOf: (layer: number) => LayerPlan): Recomputations {
  const depths = new Map<Tensor, number>()
  layers.forEach(({ values, end }, i) => {
    const plan = planOf(i)
    for (const { tensor, isRead } of values) if (isRead) depths.set(tensor, plan.inside)
    if (end) depths.set(end.tensor, plan.end)
  })
  return depths
}

/** A plan that keeps the ends of some layers, and all of what comes after the last of them. */
export function keepingEnds(layers: readonly Layer[], isKept: (layer: number) => boolean): Recomputations {
  const last = layers.findLastIndex((layer, i) => layer.end !== null && isKept(i))
  return ofLayers(layers, (i) => {
    const inside = i <= last ? 1 : 0
    return { inside, end: inside && isKept(i) ? 0 : inside }
  })
}

/** Keeps what every n-th layer ends in, and computes the layers between again. A layer lies between two values through
 * which everything passes, with a product or another heavy kernel in it.
 * @throws SettingError for what is no whole number from 1 on
 * @example env.compile(body, { rematerialise: everyN(2) }) */
export function everyN(n: number): Policy {
  checkCount('everyN', 'n', n)
  return planning(`everyN ${n}`, ({ values }) => keepingEnds(layersOf(values), (i) => (i + 1) % n === 0))
}

/**
 * Keeps the ends of about sqrt(2 n) of n layers, and computes each stretch between them once more (Chen et al. 2016,
 * https://arxiv.org/abs/1604.06174). When a stretch is computed again, those after it are done, and need no memory:
 * so stretches are the longer the earlier they are, each as long as the ends kept before it leave room for.
 * @example env.compile(body, { rematerialise: sqrt() })
 */
export const sqrt = (): Policy => planning('sqrt', ({ values }) => inRoots(layersOf(values)))

/** What `sqrt` computes again. */
export function inRoots(layers: readonly Layer[]): Recomputations {
  const kept = smallestPeak(layers)
  return keepingEnds(layers, (i) => kept.has(i))
}

/** The ends to keep, so that the largest of (ends kept before a stretch, and all of the stretch) is small. */
function smallestPeak(layers: readonly Layer[]): ReadonlySet<number> {
  let low = Math.max(...layers.map((l) => l.byteLength))
  let high = layers.reduce((sum, l) => sum + l.byteLength, 0)
  let best: ReadonlySet<number> = new Set()
  while (high - low > 1) {
    const peak = Math.floor((low + high) / 2)
    const kept = stretches(layers, peak)
    if (kept) {
      best = kept
      high = peak
    } else low = peak
  }
  return best
}

/** The ends of stretches, each as long as fits below a peak; null where one layer does not. */
function stretches(layers: readonly Layer[], peak: number): Set<number> | null {
  const kept = new Set<number>()
  let ends = 0
  let stretch = 0
  for (const [i, { byteLength }] of layers.entries()) {
    if (i > 0 && ends + stretch + byteLength > peak) {
      const end = layers[i - 1].end!
      kept.add(i - 1)
      ends += end.byteLength
      stretch = 0
    }
    stretch += byteLength
    if (ends + stretch > peak) return null
  }
  return kept
}
