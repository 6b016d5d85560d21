import { defineOp, type Op } from '../op.ts'
import { Scalar } from '../scalar.ts'
import { apply, asTensor, type Tensor, type TensorLike } from '../tensor.ts'
import { mul, neg } from './arithmetic.ts'
import { cast } from './cast.ts'
import { notEqual } from './compare.ts'

const absOp: Op = defineOp({ name: 'abs', expr: ([x]) => x.abs(), vjp: ({ inputs: [x], cotangents: [g] }) => [mul(g, sign(x))] })
const signOp: Op = defineOp({ name: 'sign', expr: ([x]) => x.sign(), vjp: () => [null] })
const squareOp: Op = defineOp({ name: 'square', expr: ([x]) => x.mul(x), vjp: ({ inputs: [x], cotangents: [g] }) => [mul(g, mul(x, 2))] })
// d(1/x) = -g y^2, through y so that a second derivative needs no division
const reciprocalOp: Op = defineOp({
  name: 'reciprocal', promotion: 'float', expr: ([x]) => new Scalar('const', x.dtype, [], 1).div(x),
  vjp: ({ outputs: [y], cotangents: [g] }) => [neg(mul(g, square(y)))],
})

const isUnsigned = (t: Tensor): boolean => t.dtype === 'bool' || t.dtype === 'uint32'

/** |x|; the gradient at 0 is 0. */
export function abs(x: TensorLike): Tensor {
  const t = asTensor(x)
  return isUnsigned(t) ? t : apply(absOp, [t])
}
/** -1, 0 or 1; NaN for NaN. Its gradient is 0. */
export function sign(x: TensorLike): Tensor {
  const t = asTensor(x)
  return isUnsigned(t) ? cast(notEqual(t, 0), t.dtype) : apply(signOp, [t])
}
/** x * x. */
export const square = (x: TensorLike): Tensor => apply(squareOp, [x])
/** 1 / x, a float; infinite at 0. */
export const reciprocal = (x: TensorLike): Tensor => apply(reciprocalOp, [x])
