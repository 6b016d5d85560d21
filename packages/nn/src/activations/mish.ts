import { apply, mul, sigmoid, square, sub, tanh, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { gated } from './gated.ts'
import { softplus } from './softplus.ts'

// d tanh(softplus(x)) = (1 - tanh^2) sigmoid(x)
const mishOp: Op = gated(
  'mish',
  (x) => tanh(softplus(x)),
  (x, share) => mul(sub(1, square(share)), sigmoid(x)),
)

/** x tanh(softplus(x)), elementwise; 0 at -infinity. @see https://arxiv.org/abs/1908.08681 */
export const mish = (x: TensorLike): Tensor => apply(mishOp, [x])
