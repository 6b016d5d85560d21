import {
  abs,
  add,
  apply,
  defineOp,
  mul,
  reciprocal,
  square,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { largest } from '@gradloom/core/extend'

const softsignOp: Op = defineOp({
  name: 'softsign',
  promotion: 'float',
  // An infinity counts as the largest number, which 1 does not change.
  expr: ([x]) => {
    const most = largest(x.dtype)
    const inside = x.max(-most).min(most)
    return inside.div(inside.abs().add(1))
  },
  // 1 / (1 + |x|)^2, as the square of what is never above 1
  vjp: ({ inputs: [x], cotangents: [g] }) => [mul(g, square(reciprocal(add(abs(x), 1))))],
})

/** x / (1 + |x|), elementwise; +-1 at +-infinity; the gradient at 0 is 1. */
export const softsign = (x: TensorLike): Tensor => apply(softsignOp, [x])
