import { apply, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { gated } from './gated.ts'

// d tanh(softplus(x)) = (1 - tanh^2) sigmoid(x)
const mishOp: Op = gated(
  'mish',
  (x, { tanh, softplus }) => tanh(softplus(x)),
  (x, share, { sigmoid }) => share.mul(share).neg().add(1).mul(sigmoid(x)),
)

/** x tanh(softplus(x)), elementwise; 0 at -infinity. @see https://arxiv.org/abs/1908.08681 */
export const mish = (x: TensorLike): Tensor => apply(mishOp, [x])
