import type { Recomputations, Tensor } from '@gradloom/core'
import { isHeavy } from '@gradloom/core/extend'
import type { Layer } from './chain.ts'
import { costOf } from './cost.ts'
import { cheapestToKeep } from './cut.ts'
import { keepOnly } from './saveContractions.ts'

/** What may become of a layer by itself. */
export interface Way {
  /** Bytes that it holds until the backward pass comes to it, its end included. */
  readonly held: number
  readonly cost: number
  readonly plan: Recomputations
}

/** A layer kept whole, and one of which all is computed again but heavy kernels. */
export function waysOf({ values, end, byteLength }: Layer): Way[] {
  const whole: Way = {
    held: byteLength,
    cost: 0,
    plan: new Map(values.filter((v) => v.isRead).map((v) => [v.tensor, 0])),
  }
  const kept = cheapestToKeep(values, isHeavy)
  if (end) kept.add(end.tensor)
  const plan = keepOnly(values, kept)
  const held = values.reduce((sum, v) => sum + (kept.has(v.tensor) ? v.byteLength : 0), 0)
  const light: Way = { held, cost: costOf(values, plan), plan }
  return held < byteLength ? [whole, light] : [whole]
}

/** A choice for the layers up to some point, the last of them first. */
interface Front {
  readonly held: number
  readonly cost: number
  /** What becomes of the last layer; null where that ends a stretch of layers that are computed again. */
  readonly way: Way | null
  /** How many layers lie before that layer or stretch. */
  readonly from: number
  readonly before: Front | null
}

/** Stretches that are computed again have so many layers at most. */
const LONGEST = 64
/** Choices that are kept for each point, spread over what they hold. */
const WIDEST = 48

/**
 * The cheapest choice for a chain of layers with which no more than `bytes` are held at any time, by the sum of what
 * earlier layers hold and all of the stretch that is being reversed; null where there is none. Dynamic programming over
 * the layers: of the choices up to one, those that hold less or cost less than any other are followed.
 */
export function cheapestChain(
  layers: readonly Layer[],
  ways: readonly (readonly Way[])[],
  bytes: number,
): Recomputations | null {
  const fronts: Front[][] = [[{ held: 0, cost: 0, way: null, from: 0, before: null }]]
  layers.forEach((layer, i) => {
    const next: Front[] = []
    for (const before of fronts[i])
      for (const way of ways[i])
        if (before.held + layer.byteLength <= bytes)
          next.push({ held: before.held + way.held, cost: before.cost + way.cost, way, from: i, before })
    let stretch = 0
    let cost = 0
    for (let from = i; layer.end && from >= Math.max(0, i - LONGEST); from--) {
      stretch += layers[from].byteLength
      cost += layers[from].cost
      for (const before of fronts[from])
        if (before.held + stretch <= bytes)
          next.push({ held: before.held + layer.end.byteLength, cost: before.cost + cost, way: null, from, before })
      if (stretch > bytes) break
    }
    fronts.push(best(next))
  })
  const [cheapest] = fronts.at(-1)!
  if (!cheapest) return null
  const plan = new Map<Tensor, number>()
  let stop = layers.length
  for (let f = cheapest; f.before; f = f.before) {
    const own = f.way?.plan ?? stretchPlan(layers.slice(f.from, stop))
    for (const [t, times] of own) plan.set(t, times)
    stop = f.from
  }
  return plan
}

function stretchPlan(layers: readonly Layer[]): Recomputations {
  const plan = new Map<Tensor, number>()
  for (const { values } of layers) for (const { tensor, isRead } of values) if (isRead) plan.set(tensor, 1)
  return plan.set(layers.at(-1)!.end!.tensor, 0)
}

/** Choices of which none is as good as another in both ways, the cheapest first. */
function best(choices: readonly Front[]): Front[] {
  const sorted = choices.toSorted((a, b) => a.cost - b.cost || a.held - b.held)
  const kept: Front[] = []
  for (const choice of sorted) if (choice.held < (kept.at(-1)?.held ?? Infinity)) kept.push(choice)
  if (kept.length <= WIDEST) return kept
  return Array.from({ length: WIDEST }, (_, i) => kept[Math.round((i * (kept.length - 1)) / (WIDEST - 1))])
}
