import { where, type Tensor } from '@gradloom/core'

/** f(x), and `otherwise` with gradient 0 where `isOut`: f is asked for 1 there, so that no value or slope is met that
 * it does not have. */
export const unless = (isOut: Tensor, x: Tensor, otherwise: number, f: (x: Tensor) => Tensor): Tensor =>
  where(isOut, otherwise, f(where(isOut, 1, x)))
