import { allocate, DTypeError } from '@gradloom/core'
import type { TypedArray } from '@gradloom/core'

/** dtypes that values of a file can be turned into. */
export type NumericDType = 'float32' | 'float64' | 'int32'

/** Values times `scale`, in float64, then rounded to `dtype`.
 * @throws DTypeError for another dtype, and where int32 can't hold a value exactly */
export function toNumeric(values: ArrayLike<number>, dtype: NumericDType, what: string, scale: number): TypedArray {
  if (!/^(float32|float64|int32)$/.test(dtype))
    throw new DTypeError(`${what}: float32, float64 or int32 required, got ${dtype}`)
  const out = allocate(dtype, values.length)
  for (let i = 0; i < out.length; i++) {
    const value = values[i] * scale
    out[i] = value
    if (dtype === 'int32' && out[i] !== value)
      throw new DTypeError(`${what}: int32 values required, got ${value} at ${i}`)
  }
  return out
}
