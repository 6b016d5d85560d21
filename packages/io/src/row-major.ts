import type { TypedArray } from '@gradloom/core'

/** Moves the elements of an array of `shape` from column-major to row-major order. */
export function toRowMajor(data: TypedArray, shape: readonly number[]): TypedArray {
  const out = data.slice()
  let to = 0
  const walk = (axis: number, from: number, stride: number): void => {
    if (axis === shape.length) out[to++] = data[from]
    else for (let i = 0; i < shape[axis]; i++) walk(axis + 1, from + i * stride, stride * shape[axis])
  }
  walk(0, 0, 1)
  return out
}
