import type { TypedArray } from '@gradloom/core'

/** Moves the elements of an array of `shape` from column-major to row-major order. */
export function toRowMajor(data: TypedArray, shape: readonly number[]): TypedArray {
  const out = data.slice()
  // Without axes of size 1, which would only be stepped over, a step turns two axes on average, or fewer.
  const sizes = shape.filter((size) => size !== 1)
  const index = sizes.map(() => 0)
  let from = 0
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from]
    let stride = out.length
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const size = sizes[axis]
      stride /= size
      from += stride
      if (++index[axis] < size) break
      index[axis] = 0
      from -= stride * size
    }
  }
  return out
}
