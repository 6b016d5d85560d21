import type { TypedArray } from '@gradloom/core'

/** Moves the elements of an array of `shape` from column-major to row-major order. */
export function toRowMajor<T extends TypedArray>(data: T, shape: readonly number[]): T {
  const out = data.slice() as T
  const index = shape.map(() => 0)
  let size = 1
  const strides = shape.map((n) => (size *= n) / n)
  for (let to = 0, from = 0; to < out.length; to++) {
    out[to] = data[from]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]
      if (++index[axis] < shape[axis]) break
      from -= strides[axis] * shape[axis]
      index[axis] = 0
    }
  }
  return out
}
