import type { Policy, Recomputations, Residual } from '@gradloom/core'
import { isHeavy } from '@gradloom/core/extend'
import { cheapestToKeep } from './cut.ts'
import { planning } from './planned.ts'

/** Computes again all but products and named kernels (convolution, attention, sort): of what spares them, it keeps the
 * fewest bytes. What it computes again is elementwise or a reduction, and fused. As JAX's `dots_saveable`, but that it
 * keeps a later value in place of a product's where that is smaller or of the same size.
 * @example env.compile(body, { rematerialise: saveContractions() }) */
export const saveContractions = (): Policy => planning('saveContractions', ({ values }) => sparingHeavy(values))

/** What `saveContractions` computes again. */
export const sparingHeavy = (values: readonly Residual[]): Recomputations =>
  keepOnly(values, cheapestToKeep(values, isHeavy))

/** Values to keep, as a plan: what else is read is computed again. */
export function keepOnly(values: readonly Residual[], kept: ReadonlySet<Residual['tensor']>): Recomputations {
  const depths = new Map<Residual['tensor'], number>()
  for (const { tensor, isRead } of values) if (isRead || kept.has(tensor)) depths.set(tensor, kept.has(tensor) ? 0 : 1)
  return depths
}
