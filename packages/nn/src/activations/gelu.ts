import { add, apply, exp, mul, sigmoid, square, sub, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { erfc } from '@gradloom/ops'
import { settings } from '../settings.ts'
import { gated, near } from './gated.ts'

// The gate is P(X <= x) = erfc(-x / sqrt 2) / 2, which does not cancel below 0; its rate the density of X.
const exact: Op = gated(
  'gelu',
  (x) => mul(erfc(mul(x, -Math.SQRT1_2)), 0.5),
  (x) => mul(exp(mul(square(near(x)), -0.5)), 1 / Math.sqrt(2 * Math.PI)),
)

// (1 + tanh(u / 2)) / 2 = sigmoid(u), which does not cancel below 0; u = x (LINEAR + CUBIC x^2)
const LINEAR = 2 * Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715 * LINEAR
const sloped = (x: Tensor, cubic: number): Tensor => add(mul(square(x), cubic), LINEAR)
const approximation: Op = gated(
  'geluTanh',
  (x) => sigmoid(mul(near(x), sloped(near(x), CUBIC))),
  (x, share) => mul(mul(share, sub(1, share)), sloped(near(x), 3 * CUBIC)),
)

/** x P(X <= x) for a standard normal X: x (1 + erf(x / sqrt 2)) / 2, elementwise; `approximate: 'tanh'` takes
 * x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. 0 at -infinity. @throws SettingError for another approximation
 * @see https://arxiv.org/abs/1606.08415 */
export function gelu(x: TensorLike, options?: { approximate?: 'none' | 'tanh' }): Tensor {
  const { approximate } = settings('gelu', options, { approximate: 'none' })
  return apply(approximate === 'tanh' ? approximation : exact, [x])
}
