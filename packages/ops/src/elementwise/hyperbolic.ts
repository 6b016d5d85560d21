import { add, div, mul, rsqrt, square, sub } from '@gradloom/core'
import { unary, type Unary } from '@gradloom/core/extend'
import { oneMinusSquare } from './oneMinusSquare.ts'

/** (e^x - e^-x) / 2. */
export const sinh: Unary = unary('sinh', (g, x) => mul(g, cosh(x)))
/** (e^x + e^-x) / 2. */
export const cosh: Unary = unary('cosh', (g, x) => mul(g, sinh(x)))
/** Inverse of sinh. */
export const asinh: Unary = unary('asinh', (g, x) => mul(g, rsqrt(add(square(x), 1))))
/** Inverse of cosh, at least 0; NaN below 1, where the gradient is infinite. */
export const acosh: Unary = unary('acosh', (g, x) => mul(g, rsqrt(mul(sub(x, 1), add(x, 1)))))
/** Inverse of tanh; infinite at -1 and 1, NaN outside. */
export const atanh: Unary = unary('atanh', (g, x) => div(g, oneMinusSquare(x)))
