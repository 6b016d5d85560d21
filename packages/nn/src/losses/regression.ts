import { abs, clip, mul, sub, type Tensor, type TensorLike } from '@gradloom/core'
import { requirePaired } from '@gradloom/core/extend'
import { settings } from '../settings.ts'
import { reduce, type ReductionOptions } from './reduction.ts'

const difference = (name: string, a: TensorLike, b: TensorLike): Tensor => {
  requirePaired(name, a, b)
  return sub(a, b)
}

/** Mean of (a - b)^2; a and b broadcast. Squares of float16 are float16, as PyTorch's: infinite from a difference of
 * 256 on; cast to float32 where there may be such. @throws ShapeError where that would repeat both: [n, 1] and [n]
 * @example mseLoss(prediction, target) */
export function mseLoss(a: TensorLike, b: TensorLike, options?: ReductionOptions): Tensor {
  const { reduction } = settings('mseLoss', options, { reduction: 'mean' })
  const d = difference('mseLoss', a, b)
  return reduce(mul(d, d), reduction)
}

/** Mean of |a - b|; a and b broadcast. The gradient where they are equal is 0. @throws ShapeError as `mseLoss` */
export function l1Loss(a: TensorLike, b: TensorLike, options?: ReductionOptions): Tensor {
  const { reduction } = settings('l1Loss', options, { reduction: 'mean' })
  return reduce(abs(difference('l1Loss', a, b)), reduction)
}

/** Mean of d^2 / 2 where |d| = |a - b| is at most `delta` (above 0), delta (|d| - delta / 2) beyond; a and b broadcast.
 * @throws ShapeError as `mseLoss` */
export function huberLoss(
  a: TensorLike,
  b: TensorLike,
  options?: ReductionOptions & { readonly delta?: number },
): Tensor {
  const { reduction, delta } = settings('huberLoss', options, { reduction: 'mean', delta: 1 })
  // c (d - c / 2) with c = d clipped to +-delta; its derivative in d is c on both sides.
  const d = difference('huberLoss', a, b)
  const c = clip(d, { min: -delta, max: delta })
  return reduce(mul(c, sub(d, mul(c, 0.5))), reduction)
}
