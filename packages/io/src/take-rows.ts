import type { TypedArray } from '@gradloom/core'

/** Copies the given rows of row-major data into a new array. */
export function takeRows(data: TypedArray, rowCount: number, rows: Uint32Array): TypedArray {
  const width = rowCount ? data.length / rowCount : 0
  const out = new (data.constructor as new (length: number) => TypedArray)(rows.length * width)
  for (let i = 0; i < rows.length; i++) out.set(data.subarray(rows[i] * width, (rows[i] + 1) * width), i * width)
  return out
}
