import { asTensor, mul, sigmoid, type Tensor, type TensorLike } from '@gradloom/core'

/** x sigmoid(x), elementwise (also known as swish). @see https://arxiv.org/abs/1702.03118 */
export function silu(x: TensorLike): Tensor {
  const t = asTensor(x)
  return mul(t, sigmoid(t))
}
