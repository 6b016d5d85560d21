import { apply, type Tensor, type TensorLike } from '../tensor.ts'
import { add, div, mul, neg, sub } from './arithmetic.ts'
import { rsqrt, unary } from './exponential.ts'
import { square } from './magnitude.ts'

const sinOp = unary('sin', ({ inputs: [x], cotangents: [g] }) => [mul(g, cos(x))])
const cosOp = unary('cos', ({ inputs: [x], cotangents: [g] }) => [neg(mul(g, sin(x)))])
const tanOp = unary('tan', ({ outputs: [y], cotangents: [g] }) => [mul(g, add(square(y), 1))])
// 1 / sqrt(1 - x^2), factored so that it stays accurate near the ends
const asinSlope = (x: Tensor): Tensor => rsqrt(mul(sub(1, x), add(x, 1)))
const asinOp = unary('asin', ({ inputs: [x], cotangents: [g] }) => [mul(g, asinSlope(x))])
const acosOp = unary('acos', ({ inputs: [x], cotangents: [g] }) => [neg(mul(g, asinSlope(x)))])
const atanOp = unary('atan', ({ inputs: [x], cotangents: [g] }) => [div(g, add(square(x), 1))])

/** Sine of radians. */
export const sin = (x: TensorLike): Tensor => apply(sinOp, [x])
/** Cosine of radians. */
export const cos = (x: TensorLike): Tensor => apply(cosOp, [x])
/** Tangent of radians. */
export const tan = (x: TensorLike): Tensor => apply(tanOp, [x])
/** Inverse sine in [-pi/2, pi/2]; NaN outside [-1, 1], where the gradient at the ends is infinite. */
export const asin = (x: TensorLike): Tensor => apply(asinOp, [x])
/** Inverse cosine in [0, pi]; NaN outside [-1, 1], where the gradient at the ends is infinite. */
export const acos = (x: TensorLike): Tensor => apply(acosOp, [x])
/** Inverse tangent in [-pi/2, pi/2]. */
export const atan = (x: TensorLike): Tensor => apply(atanOp, [x])
