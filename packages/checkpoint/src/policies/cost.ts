import type { Recomputations, Residual, Tensor } from '@gradloom/core'

/** The values that a plan of at most one recomputation computes again: those that it says, and what they need. */
export function recomputedBy(values: readonly Residual[], plan: Recomputations): Residual[] {
  const needed = new Set<Tensor>()
  const again: Residual[] = []
  for (const value of values.toReversed()) {
    const { tensor, isRead, sources } = value
    const times = plan.get(tensor)
    const isAgain = times === undefined ? !isRead && needed.has(tensor) : times > 0 && (isRead || needed.has(tensor))
    if (!isAgain) continue
    again.push(value)
    for (const t of sources) needed.add(t)
  }
  return again
}

/** Operations that a plan of at most one recomputation takes beyond the plain step. */
export const costOf = (values: readonly Residual[], plan: Recomputations): number =>
  recomputedBy(values, plan).reduce((sum, v) => sum + v.cost, 0)
