import { equal, where, type Tensor } from '@gradloom/core'

/** f(x), and `otherwise` with gradient 0 where `isOut`: f is asked for 1 there, so that no value or slope is met that
 * it does not have. */
export const unless = (isOut: Tensor, x: Tensor, otherwise: number, f: (x: Tensor) => Tensor): Tensor =>
  where(isOut, otherwise, f(where(isOut, 1, x)))

/** x, or 1 where it is 0: what can be divided by. */
export const orOne = (x: Tensor): Tensor => where(equal(x, 0), 1, x)
