import { lift } from '../scalar.ts'
import { add, div, mul, sub } from './arithmetic.ts'
import { elementwise, unary, type Unary } from './elementwise.ts'

/** e^x. */
export const exp: Unary = unary('exp', (g, _, y) => mul(g, y))
/** e^x - 1, accurate near 0. */
export const expm1: Unary = unary('expm1', (g, x) => mul(g, exp(x)))
/** Natural logarithm; -infinity at 0, NaN below. */
export const log: Unary = unary('log', (g, x) => div(g, x))
/** log(1 + x), accurate near 0. */
export const log1p: Unary = unary('log1p', (g, x) => div(g, add(x, 1)))
/** Logarithm to base 2. */
export const log2: Unary = unary('log2', (g, x) => div(mul(g, Math.LOG2E), x))
/** Square root; the gradient at 0 is infinite. */
export const sqrt: Unary = unary('sqrt', (g, _, y) => div(g, mul(y, 2)))
/** 1 / sqrt(x). */
// d rsqrt(x) = -g y^3 / 2, through y so that a second derivative needs no division; y^3 may overflow where half of it
// does not
export const rsqrt: Unary = elementwise(
  'rsqrt',
  (x) => lift(1, x.dtype).div(x.sqrt()),
  (g, _, y) => mul(mul(mul(g, -0.5), y), mul(y, y)),
  { promotion: 'float' },
)
/** Hyperbolic tangent. */
export const tanh: Unary = unary('tanh', (g, _, y) => mul(g, sub(1, mul(y, y))))
/** 1 / (1 + e^-x), without overflow at either end. */
export const sigmoid: Unary = unary('sigmoid', (g, _, y) => mul(g, mul(y, sub(1, y))))
