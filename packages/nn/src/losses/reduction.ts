import { div, mean, sum, type Tensor } from '@gradloom/core'

/** How losses of elements become the result: all of them, their mean, or their sum. */
export type Reduction = 'none' | 'mean' | 'sum'
export interface ReductionOptions {
  readonly reduction?: Reduction
}

/** `loss` reduced; with `weight` (what each element counts) the mean divides by the sum of weights. */
export const reduce = (loss: Tensor, reduction: Reduction, weight?: Tensor): Tensor =>
  reduction === 'none' ? loss : reduction === 'sum' ? sum(loss) : weight ? div(sum(loss), sum(weight)) : mean(loss)
