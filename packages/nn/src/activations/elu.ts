import { apply, defineOp, exp, lessEqual, mul, where, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { settings } from '../settings.ts'

const eluOp: Op<{ alpha: number }> = defineOp<{ alpha: number }>({
  name: 'elu',
  promotion: 'float',
  expr: ([x], { alpha }) => x.le(0).select(x.unary('expm1').mul(alpha), x),
  // d/dx alpha (e^x - 1) = alpha e^x; from y it would be rounded away far below 0. Above 0, e^x may overflow.
  vjp: ({ inputs: [x], cotangents: [g], attrs: { alpha } }) => {
    const isBelow = lessEqual(x, 0)
    return [mul(g, where(isBelow, mul(exp(where(isBelow, x, 0)), alpha), 1))]
  },
})

/** x above 0, `alpha` (e^x - 1) elsewhere. The gradient at 0 is `alpha`. @see https://arxiv.org/abs/1511.07289 */
export const elu = (x: TensorLike, options?: { alpha?: number }): Tensor =>
  apply(eluOp, [x], settings('elu', options, { alpha: 1 }))

/** `scale` elu(x, alpha), with the two constants that keep mean 0 and variance 1 from layer to layer.
 * @see https://arxiv.org/abs/1706.02515 */
export const selu = (x: TensorLike): Tensor => mul(elu(x, { alpha: 1.6732632423543772 }), 1.0507009873554805)
