import { abs, add, asTensor, div, type Tensor, type TensorLike } from '@gradloom/core'

/** x / (1 + |x|), elementwise; the gradient at 0 is 1. */
export function softsign(x: TensorLike): Tensor {
  const t = asTensor(x)
  return div(t, add(abs(t), 1))
}
