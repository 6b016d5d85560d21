import { apply, mul, sigmoid, sub, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { gated } from './gated.ts'

const siluOp: Op = gated('silu', sigmoid, (_, share) => mul(share, sub(1, share)))

/** x sigmoid(x), elementwise (also known as swish); 0 at -infinity. @see https://arxiv.org/abs/1702.03118 */
export const silu = (x: TensorLike): Tensor => apply(siluOp, [x])
