import type { Op } from '../op.ts'
import { apply, type Tensor, type TensorLike } from '../tensor.ts'
import { binary, div, mul, neg } from './arithmetic.ts'
import { equal } from './compare.ts'
import { where } from './where.ts'

/** r without its zeros, which would make 0/0 of a gradient at the origin. */
const nonZero = (r: Tensor): Tensor => where(equal(r, 0), 1, r)

// d hypot(a, b) = (a da + b db) / r
const hypotOp: Op = binary('hypot', 'hypot', {
  promotion: 'float',
  vjp: ({ inputs: [a, b], outputs: [r], cotangents: [g] }) => {
    const s = nonZero(r)
    return [mul(g, div(a, s)), mul(g, div(b, s))]
  },
})
// d atan2(y, x) = (x dy - y dx) / r^2, by r twice as its square may overflow
const atan2Op: Op = binary('atan2', 'atan2', {
  promotion: 'float',
  vjp: ({ inputs: [y, x], cotangents: [g] }) => {
    const r = nonZero(hypot(y, x)), h = div(g, r)
    return [mul(h, div(x, r)), neg(mul(h, div(y, r)))]
  },
})

/** sqrt(a^2 + b^2) without overflow; the gradient at (0, 0) is 0. */
export const hypot = (a: TensorLike, b: TensorLike): Tensor => apply(hypotOp, [a, b])
/** The angle of the point (x, y), in [-pi, pi]; the gradient at the origin is 0. */
export const atan2 = (y: TensorLike, x: TensorLike): Tensor => apply(atan2Op, [y, x])
