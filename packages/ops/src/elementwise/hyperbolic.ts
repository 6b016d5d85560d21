import { abs, add, clip, div, greater, mul, rsqrt, square, sub, type Tensor, where } from '@gradloom/core'
import { unary, type Unary } from '@gradloom/core/extend'
import { oneMinusSquare } from './oneMinusSquare.ts'

/** 1 / sqrt(x^2 + 1). From `far` on the 1 no longer counts, and it is 1 / |x|, as the square would overflow. */
const asinhSlope = (x: Tensor): Tensor => {
  const far = x.dtype === 'float16' ? 2 ** 7 : 2 ** 30
  const near = clip(x, { min: -far, max: far })
  const size = abs(x)
  return mul(rsqrt(add(square(near), 1)), div(far, where(greater(size, far), size, far)))
}

/** (e^x - e^-x) / 2. */
export const sinh: Unary = unary('sinh', (g, x) => mul(g, cosh(x)))
/** (e^x + e^-x) / 2. */
export const cosh: Unary = unary('cosh', (g, x) => mul(g, sinh(x)))
/** Inverse of sinh. */
export const asinh: Unary = unary('asinh', (g, x) => mul(g, asinhSlope(x)))
/** Inverse of cosh, at least 0; NaN below 1, at which the gradient is infinite. */
// 1 / sqrt(x^2 - 1) in factors, as the square would overflow
export const acosh: Unary = unary('acosh', (g, x) => mul(g, mul(rsqrt(sub(x, 1)), rsqrt(add(x, 1)))))
/** Inverse of tanh; infinite at -1 and 1, NaN outside. */
export const atanh: Unary = unary('atanh', (g, x) => div(g, oneMinusSquare(x)))
