import type { DType } from '../dtype.ts'
import { defineOp, type Op } from '../op.ts'
import { apply, type Tensor, type TensorLike } from '../tensor.ts'

/** The largest finite number of a float dtype. */
export const largest = (dtype: DType): number =>
  dtype === 'float64' ? Number.MAX_VALUE : dtype === 'float16' ? 65504 : (2 - 2 ** -23) * 2 ** 127

const isNaNOp: Op = defineOp({ name: 'isNaN', promotion: 'float', expr: ([x]) => x.isNaN(), vjp: () => [null] })
const isFiniteOp: Op = defineOp({ name: 'isFinite', promotion: 'float', expr: ([x]) => x.abs().le(largest(x.dtype)), vjp: () => [null] })

/** Where x is NaN, as bool. */
export const isNaN = (x: TensorLike): Tensor => apply(isNaNOp, [x])
/** Where x is neither NaN nor an infinity, as bool. */
export const isFinite = (x: TensorLike): Tensor => apply(isFiniteOp, [x])
