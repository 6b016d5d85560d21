import { add, asTensor, cast, minimum, mul, sub, type Tensor, type TensorLike } from '@gradloom/core'
import { requirePaired, upcast } from '@gradloom/core/extend'
import { relu } from '../activations/relu.ts'
import { settings } from '../settings.ts'
import { norm } from './norm.ts'
import { reduce, type ReductionOptions } from './reduction.ts'

/** Mean of max(0, `margin` - t x) for scores x and targets t of -1 or 1; the gradient at the hinge is 0. */
export function hingeLoss(
  scores: TensorLike,
  targets: TensorLike,
  options?: ReductionOptions & { readonly margin?: number },
): Tensor {
  const { reduction, margin } = settings('hingeLoss', options, { reduction: 'mean', margin: 1 })
  requirePaired('hingeLoss', scores, targets)
  return reduce(relu(sub(margin, mul(scores, targets))), reduction)
}

export interface TripletOptions extends ReductionOptions {
  readonly margin?: number
  /** The norm of the distance, at least 1; Infinity for the largest difference. */
  readonly p?: number
  /** Added to each difference, as PyTorch does. */
  readonly eps?: number
  /** Takes the smaller of the distances of the negative to anchor and positive. */
  readonly swap?: boolean
}

/** Mean of max(0, |anchor - positive| - |anchor - negative| + `margin`), p-norm distances over the last axis; the
 * gradient at distance 0 is 0. */
export function tripletMarginLoss(
  anchor: TensorLike,
  positiveExample: TensorLike,
  negative: TensorLike,
  options?: TripletOptions,
): Tensor {
  const { margin, p, eps, swap, reduction } = settings('tripletMarginLoss', options, {
    reduction: 'mean',
    margin: 1,
    p: 2,
    eps: 1e-6,
    swap: false,
  })
  const distance = (a: Tensor, b: Tensor): Tensor => {
    requirePaired('tripletMarginLoss', a, b)
    const d = add(sub(a, b), eps)
    return cast(norm('tripletMarginLoss', upcast(d), p), d.dtype)
  }
  const a = asTensor(anchor)
  const b = asTensor(positiveExample)
  const n = asTensor(negative)
  const far = swap ? minimum(distance(a, n), distance(b, n)) : distance(a, n)
  return reduce(relu(add(sub(distance(a, b), far), margin)), reduction)
}
