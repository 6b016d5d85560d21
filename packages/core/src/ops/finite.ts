import type { DType } from '../dtype.ts'
import { elementwise, type Unary } from './elementwise.ts'

/** The largest finite number of a float dtype. */
export const largest = (dtype: DType): number =>
  dtype === 'float64' ? Number.MAX_VALUE : dtype === 'float16' ? 65504 : (2 - 2 ** -23) * 2 ** 127

/** Where x is NaN, as bool. */
export const isNaN: Unary = elementwise('isNaN', (x) => x.isNaN(), undefined, { promotion: 'float' })
/** Where x is neither NaN nor an infinity, as bool. */
export const isFinite: Unary = elementwise('isFinite', (x) => x.abs().le(largest(x.dtype)), undefined, {
  promotion: 'float',
})
