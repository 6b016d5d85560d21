import { lessEqual, neg, sigmoid, sub, where, type Tensor } from '@gradloom/core'

/** sigmoid(x) - t, by s = sigmoid(-|x|): s - t, and 1 - t - s above 0. What sigmoid(x) lacks to 1 is rounded away far
 * out; here it stays, also in derivatives of any order. */
export function sigmoidLess(x: Tensor, t: Tensor): Tensor {
  const isBelow = lessEqual(x, 0)
  const s = sigmoid(where(isBelow, x, neg(x)))
  return where(isBelow, sub(s, t), sub(sub(1, t), s))
}
