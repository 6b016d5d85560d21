import { apply, type Tensor, type TensorLike } from '../tensor.ts'
import { add, div, mul, sub } from './arithmetic.ts'
import { rsqrt, unary } from './exponential.ts'
import { square } from './magnitude.ts'

const sinhOp = unary('sinh', ({ inputs: [x], cotangents: [g] }) => [mul(g, cosh(x))])
const coshOp = unary('cosh', ({ inputs: [x], cotangents: [g] }) => [mul(g, sinh(x))])
const asinhOp = unary('asinh', ({ inputs: [x], cotangents: [g] }) => [mul(g, rsqrt(add(square(x), 1)))])
const acoshOp = unary('acosh', ({ inputs: [x], cotangents: [g] }) => [mul(g, rsqrt(mul(sub(x, 1), add(x, 1))))])
const atanhOp = unary('atanh', ({ inputs: [x], cotangents: [g] }) => [div(g, mul(sub(1, x), add(x, 1)))])

/** (e^x - e^-x) / 2. */
export const sinh = (x: TensorLike): Tensor => apply(sinhOp, [x])
/** (e^x + e^-x) / 2. */
export const cosh = (x: TensorLike): Tensor => apply(coshOp, [x])
/** Inverse of sinh. */
export const asinh = (x: TensorLike): Tensor => apply(asinhOp, [x])
/** Inverse of cosh, at least 0; NaN below 1, where the gradient is infinite. */
export const acosh = (x: TensorLike): Tensor => apply(acoshOp, [x])
/** Inverse of tanh; infinite at -1 and 1, NaN outside. */
export const atanh = (x: TensorLike): Tensor => apply(atanhOp, [x])
