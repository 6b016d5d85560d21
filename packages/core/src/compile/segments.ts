import type { Mark, Packing, Choices, Residual } from '../graph/policy.ts'
import type { Node } from '../graph/node.ts'
import type { Tensor } from '../graph/tensor.ts'
import { getOrInsert } from '../map.ts'
import { decide, type Decisions } from './choose.ts'
import type { Split } from './forward.ts'
import type { Graph } from './program.ts'

/**
 * What marks say of values. A segment's policy decides on those that do not leave it; what lies in several segments is
 * computed again once for each that has it so. What crosses a segment's border is kept where it comes from.
 */
export function decideMarked(
  { marks, outside = [] }: Graph,
  split: Split,
  residuals: ReadonlyMap<Tensor, Residual>,
  peakOf: (depths: Choices) => number,
): Decisions {
  const depths = new Map<Tensor, number | Packing>()
  const bound = new Set<Tensor>()
  if (!marks) return { depths, bound }
  const inside = membersOf(split, outside, (t) => depths.set(t, 0))
  for (const [t, own] of marks)
    for (const source of split.sourcesOf(t))
      for (const mark of own) getOrInsert(inside, mark, () => new Set<Tensor>()).add(source)
  for (const [{ policy }, members] of inside) {
    const values = [...members].flatMap((t) => residuals.get(t) ?? [])
    const decided = decide(policy, { values, peakOf })
    for (const [t, times] of decided.depths) depths.set(t, together(depths.get(t) ?? 0, times))
    for (const t of decided.bound) bound.add(t)
  }
  return { depths, bound }
}

/** What two segments say: a packing stands for all of the recomputations. */
function together(a: number | Packing, b: number | Packing): number | Packing {
  if (typeof a !== 'number') return a
  return typeof b === 'number' ? a + b : b
}

/** The values that do not leave the segments that they were built in, by segment. */
function membersOf(
  { values, readers, results }: Split,
  outside: readonly Mark[],
  cross: (t: Tensor) => void,
): Map<Mark, Set<Tensor>> {
  const inside = new Map<Mark, Set<Tensor>>()
  const marksOf = ({ origin }: Node): readonly Mark[] => origin.marks?.filter((mark) => !outside.includes(mark)) ?? []
  for (const t of values) {
    const own = marksOf(t.node)
    const others = (readers.get(t) ?? []).map(marksOf)
    for (const mark of own) {
      if (results.has(t) || others.some((marks) => !marks.includes(mark))) cross(t)
      else getOrInsert(inside, mark, () => new Set<Tensor>()).add(t)
    }
    if (others.some((marks) => marks.some((mark) => !own.includes(mark)))) cross(t)
  }
  return inside
}
