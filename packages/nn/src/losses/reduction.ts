import { cast, div, mean, sum, type Tensor } from '@gradloom/core'
import { upcast } from '@gradloom/core/extend'

/** How losses of elements become the result: all of them, their mean, or their sum. */
export type Reduction = 'none' | 'mean' | 'sum'
export interface ReductionOptions {
  readonly reduction?: Reduction
}
/** `loss` reduced; with `weight` (what each element counts; it broadcasts against the loss) the mean divides by the sum
 * of weights: a quotient of means, since broadcasting repeats every weight equally often. NaN where nothing counts. */
export function reduce(loss: Tensor, reduction: Reduction, weight?: Tensor): Tensor {
  if (reduction === 'none') return loss
  if (reduction === 'sum') return sum(loss)
  return weight ? cast(div(mean(upcast(loss)), mean(upcast(weight))), loss.dtype) : mean(loss)
}
