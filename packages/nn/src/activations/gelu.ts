import { add, asTensor, erf, mul, tanh, type Tensor, type TensorLike } from '@gradloom/core'

/** x P(X <= x) for a standard normal X: x (1 + erf(x / sqrt 2)) / 2, elementwise; `approximate: 'tanh'` takes
 * x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. @see https://arxiv.org/abs/1606.08415 */
export function gelu(x: TensorLike, { approximate = 'none' }: { approximate?: 'none' | 'tanh' } = {}): Tensor {
  const t = asTensor(x)
  const inner = approximate === 'tanh'
    ? tanh(mul(t, add(mul(mul(t, t), 0.044715 * Math.sqrt(2 / Math.PI)), Math.sqrt(2 / Math.PI))))
    : erf(mul(t, Math.SQRT1_2))
  return mul(mul(t, 0.5), add(inner, 1))
}
