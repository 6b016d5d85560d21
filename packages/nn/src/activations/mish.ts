import { asTensor, mul, tanh, type Tensor, type TensorLike } from '@gradloom/core'
import { softplus } from './softplus.ts'

/** x tanh(softplus(x)), elementwise. @see https://arxiv.org/abs/1908.08681 */
export function mish(x: TensorLike): Tensor {
  const t = asTensor(x)
  return mul(t, tanh(softplus(t)))
}
