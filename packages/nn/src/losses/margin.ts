import { abs, add, asTensor, minimum, mul, pow, sqrt, sub, sum, type Tensor, type TensorLike } from '@gradloom/core'
import { relu } from '../activations/relu.ts'
import { reduce, type ReductionOptions } from './reduction.ts'

/** Mean of max(0, `margin` - t x) for scores x and targets t of -1 or 1; the gradient at the hinge is 0. */
export const hingeLoss = (
  scores: TensorLike,
  targets: TensorLike,
  { reduction = 'mean', margin = 1 }: ReductionOptions & { readonly margin?: number } = {},
): Tensor => reduce(relu(sub(margin, mul(scores, targets))), reduction)

export interface TripletOptions extends ReductionOptions {
  readonly margin?: number
  /** The norm of the distance. */
  readonly p?: number
  /** Added to each difference, which keeps the gradient finite at distance 0. */
  readonly eps?: number
  /** Takes the smaller of the distances of the negative to anchor and positive. */
  readonly swap?: boolean
}

/** Mean of max(0, |anchor - positive| - |anchor - negative| + `margin`), p-norm distances over the last axis. */
export function tripletMarginLoss(
  anchor: TensorLike,
  positive: TensorLike,
  negative: TensorLike,
  options: TripletOptions = {},
): Tensor {
  const { margin = 1, p = 2, eps = 1e-6, swap = false, reduction = 'mean' } = options
  const distance = (a: TensorLike, b: TensorLike): Tensor => {
    const d = add(sub(a, b), eps)
    return p === 2 ? sqrt(sum(mul(d, d), { axis: -1 })) : pow(sum(pow(abs(d), p), { axis: -1 }), 1 / p)
  }
  const a = asTensor(anchor)
  const b = asTensor(positive)
  const n = asTensor(negative)
  const far = swap ? minimum(distance(a, n), distance(b, n)) : distance(a, n)
  return reduce(relu(add(sub(distance(a, b), far), margin)), reduction)
}
