import { abs, asTensor, equal, logicalAnd, mul, where, type Tensor, type TensorLike } from '@gradloom/core'

/** weight * loss, elementwise, and 0 where the weight is 0, also of an infinite loss: what counts nothing adds nothing.
 * There both gradients are 0; elsewhere they are those of the product. */
export function counted(weight: TensorLike, loss: Tensor): Tensor {
  const w = asTensor(weight, loss.dtype)
  return mul(w, where(logicalAnd(equal(w, 0), equal(abs(loss), Infinity)), 0, loss))
}
