import type { Residual, Tensor } from '@gradloom/core'
import { createFlow } from './flow.ts'

/**
 * The values to keep, of the fewest bytes together, so that everything that is read can be computed without computing
 * again what `isFixed`: a minimum cut between what is fixed and what is read (Ford and Fulkerson 1956), as partitioners
 * of compiled backward passes take it. Of several, the one of the latest values, which spares most.
 */
export function cheapestToKeep(values: readonly Residual[], isFixed: (value: Residual) => boolean): Set<Tensor> {
  const positions = new Map(values.map((v, i) => [v.tensor, i]))
  const flow = createFlow(2 * values.length + 2)
  const start = 2 * values.length
  const end = start + 1
  const entry = (i: number): number => 2 * i
  const exit = (i: number): number => 2 * i + 1
  values.forEach((v, i) => {
    flow.connect(entry(i), exit(i), v.byteLength)
    if (v.isRead) flow.connect(exit(i), end, Infinity)
    if (isFixed(v)) flow.connect(start, entry(i), Infinity)
    else {
      for (const source of v.sources) {
        const from = positions.get(source)
        if (from !== undefined) flow.connect(exit(from), entry(i), Infinity)
      }
    }
  })
  const isBefore = flow.cut(start, end)
  return new Set(values.flatMap(({ tensor }, i) => (isBefore[entry(i)] && !isBefore[exit(i)] ? [tensor] : [])))
}
