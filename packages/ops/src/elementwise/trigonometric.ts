import { add, div, mul, neg, rsqrt, square, type Tensor } from '@gradloom/core'
import { unary, type Unary } from '@gradloom/core/extend'
import { oneMinusSquare } from './oneMinusSquare.ts'

/** Sine of radians. */
export const sin: Unary = unary('sin', (g, x) => mul(g, cos(x)))
/** Cosine of radians. */
export const cos: Unary = unary('cos', (g, x) => neg(mul(g, sin(x))))
/** Tangent of radians. */
export const tan: Unary = unary('tan', (g, _, y) => mul(g, add(square(y), 1)))

const byAsinSlope = (g: Tensor, x: Tensor): Tensor => mul(g, rsqrt(oneMinusSquare(x)))

/** Inverse sine in [-pi/2, pi/2]; NaN outside [-1, 1], where the gradient at the ends is infinite. */
export const asin: Unary = unary('asin', byAsinSlope)
/** Inverse cosine in [0, pi]; NaN outside [-1, 1], where the gradient at the ends is infinite. */
export const acos: Unary = unary('acos', (g, x) => neg(byAsinSlope(g, x)))
/** Inverse tangent in [-pi/2, pi/2]. */
export const atan: Unary = unary('atan', (g, x) => div(g, add(square(x), 1)))
