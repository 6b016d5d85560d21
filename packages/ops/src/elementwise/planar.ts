import { div, equal, mul, neg, type Tensor, where } from '@gradloom/core'
import { binary, type Binary } from '@gradloom/core/extend'
/** r without its zeros, which would make 0/0 of a gradient at the origin. */
const nonZero = (r: Tensor): Tensor => where(equal(r, 0), 1, r)

/** sqrt(a^2 + b^2) without overflow; the gradient at (0, 0) is 0. */
// d hypot(a, b) = (a da + b db) / r
export const hypot: Binary = binary(
  'hypot',
  (a, b) => a.binary('hypot', b),
  (g, a, b, r) => [a, b].map((x) => mul(g, div(x, nonZero(r)))),
  { promotion: 'float' },
)
/** The angle of the point (x, y), in [-pi, pi]; the gradient at the origin is 0. */
// d atan2(y, x) = (x dy - y dx) / r^2, by r twice as its square may overflow
export const atan2: Binary = binary(
  'atan2',
  (y, x) => y.binary('atan2', x),
  (g, y, x) => {
    const r = nonZero(hypot(y, x))
    const h = div(g, r)
    return [mul(h, div(x, r)), neg(mul(h, div(y, r)))]
  },
  { promotion: 'float' },
)
