import { mul } from '@gradloom/core'
import { elementwise, lift, type Unary } from '@gradloom/core/extend'

/** 1 - x^2, factored so that it is accurate near -1 and 1. The product rule would give its derivative as a difference
 * of the factors, which loses the digits of a small x. */
export const oneMinusSquare: Unary = elementwise(
  'oneMinusSquare',
  (x) => lift(1, x.dtype).sub(x).mul(x.add(1)),
  (g, x) => mul(g, mul(x, -2)),
)
