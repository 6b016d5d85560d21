import { apply, defineOp, DTypeError, mul, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { isCount, unary, type Unary, shown } from '@gradloom/core/extend'
/** log |gamma(x)|; infinite at 0, -1, -2 ... */
export const lgamma: Unary = unary('lgamma', (g, x) => mul(g, digamma(x)))
/** The derivative of lgamma; NaN at -1, -2 ..., an infinity at 0. */
export const digamma: Unary = unary('digamma', (g, x) => mul(g, polygamma(1, x)))

const polygammaOp: Op<{ n: number }> = defineOp<{ n: number }>({
  name: 'polygamma',
  promotion: 'float',
  expr: ([x], { n }) => x.binary('polygamma', n),
  vjp: ({ inputs: [x], cotangents: [g], attrs: { n } }) => [mul(g, polygamma(n + 1, x))],
})
/** float64 has n! up to this n. */
const MAX_ORDER = 170

/** The n-th derivative of digamma, n = 0, 1, 2 ... 170; at 0, -1, -2 ... it is (-1)^(n+1) infinity for n > 0, as SciPy
 * and PyTorch have it. @throws DTypeError for another n */
export function polygamma(n: number, x: TensorLike): Tensor {
  if (!isCount(n) || n > MAX_ORDER)
    throw new DTypeError(`polygamma: n must be 0, 1, 2 ... ${MAX_ORDER}, got ${shown(n)}`)
  return n ? apply(polygammaOp, [x], { n }) : digamma(x)
}
