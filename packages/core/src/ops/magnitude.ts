import { lift } from '../scalar.ts'
import { asTensor } from '../graph/apply.ts'
import type { Tensor } from '../graph/tensor.ts'
import { mul, neg } from './arithmetic.ts'
import { cast } from './cast.ts'
import { notEqual } from './compare.ts'
import { elementwise, type Unary } from './elementwise.ts'

const absolute = elementwise(
  'abs',
  (x) => x.abs(),
  (g, x) => mul(g, sign(x)),
)
const signOf = elementwise('sign', (x) => x.sign())
const isUnsigned = (t: Tensor): boolean => t.dtype === 'bool' || t.dtype === 'uint32'

/** |x|; the gradient at 0 is 0. */
export const abs: Unary = (x) => {
  const t = asTensor(x)
  return isUnsigned(t) ? t : absolute(t)
}
/** -1, 0 or 1; NaN for NaN. Its gradient is 0. */
export const sign: Unary = (x) => {
  const t = asTensor(x)
  return isUnsigned(t) ? cast(notEqual(t, 0), t.dtype) : signOf(t)
}
/** x * x. */
export const square: Unary = elementwise(
  'square',
  (x) => x.mul(x),
  (g, x) => mul(g, mul(x, 2)),
)
/** 1 / x, a float; infinite at 0. */
// d(1/x) = -g y^2, through y so that a second derivative needs no division
export const reciprocal: Unary = elementwise(
  'reciprocal',
  (x) => lift(1, x.dtype).div(x),
  (g, _, y) => neg(mul(g, square(y))),
  { promotion: 'float' },
)
