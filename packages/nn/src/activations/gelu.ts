import { apply, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { settings } from '../settings.ts'
import { gated } from './gated.ts'

// The gate is P(X <= x), its rate the density of X.
const exact: Op = gated(
  'gelu',
  (x, { erf }) => erf(x.mul(Math.SQRT1_2)).add(1).mul(0.5),
  (x, _, { exp }) => exp(x.mul(x).mul(-0.5)).mul(1 / Math.sqrt(2 * Math.PI)),
)

// (1 + tanh(u / 2)) / 2 = sigmoid(u), which does not cancel below 0
const LINEAR = 2 * Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715 * LINEAR
const approximation: Op = gated(
  'geluTanh',
  (x, { sigmoid }) => sigmoid(x.mul(x.mul(x).mul(CUBIC).add(LINEAR))),
  (x, share) => {
    const inner = x
      .mul(x)
      .mul(3 * CUBIC)
      .add(LINEAR)
    return share.mul(share.neg().add(1)).mul(inner)
  },
)

/** x P(X <= x) for a standard normal X: x (1 + erf(x / sqrt 2)) / 2, elementwise; `approximate: 'tanh'` takes
 * x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. 0 at -infinity. @throws NameError for another approximation
 * @see https://arxiv.org/abs/1606.08415 */
export function gelu(x: TensorLike, options?: { approximate?: 'none' | 'tanh' }): Tensor {
  const { approximate } = settings('gelu', options, { approximate: ['none', 'tanh'] })
  return apply(approximate === 'tanh' ? approximation : exact, [x])
}
