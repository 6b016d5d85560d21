import { apply, defineOp, lessEqual, where, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { settings } from '../settings.ts'

type Bounds = { readonly min: number; readonly max: number }

const hardTanhOp: Op<Bounds> = defineOp<Bounds>({
  name: 'hardTanh',
  promotion: 'float',
  expr: ([x], { min, max }) => x.max(min).min(max),
  vjp: ({ outputs: [y], cotangents: [g], attrs: { min, max } }) => [
    where(lessEqual(y, min), 0, where(lessEqual(max, y), 0, g)),
  ],
})

/** min(max(x, `min`), `max`), elementwise. The gradient is 0 at the bounds, where `clip` has 1; NaN stays NaN, and
 * its gradient is 1. */
export const hardTanh = (x: TensorLike, options?: Partial<Bounds>): Tensor =>
  apply(hardTanhOp, [x], settings('hardTanh', options, { min: -1, max: 1 }))

/** min(max(x, 0), 6), elementwise. The gradient at 0 and 6 is 0. */
export const relu6 = (x: TensorLike): Tensor => hardTanh(x, { min: 0, max: 6 })
