import {
  apply,
  cast,
  concat,
  defineOp,
  div,
  reshape,
  slice,
  sum,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { upcast } from '@gradloom/core/extend'
import { asFloats } from '../asFloats.ts'
import { perAxis, type PerAxis } from '../convolution/geometry.ts'
import { requireSpatial } from '../shapes.ts'
import { checkElements } from './windows.ts'

const adaptiveAvgPoolOp: Op<{ size: readonly number[] }> = defineOp<{ size: readonly number[] }>({
  name: 'adaptiveAvgPool',
  infer: ([x], { size }) => {
    checkElements('adaptiveAvgPool', x)
    return { shape: [...x.shape.slice(0, 2), ...size], dtype: x.dtype }
  },
  decompose: ([x], { size }) =>
    cast(
      size.reduce((t, count, i) => pooled(t, i + 2, count), upcast(x)),
      x.dtype,
    ),
})

/** Means of `count` windows along one axis; they overlap where `count` does not divide the size. */
function pooled(x: Tensor, axis: number, count: number): Tensor {
  const n = x.shape[axis]
  if (n % count === 0) {
    const split = [...x.shape]
    split.splice(axis, 1, count, n / count)
    return div(sum(reshape(x, split), { axis: axis + 1 }), n / count)
  }
  // Window i has the elements from floor(i n / count) to ceil((i + 1) n / count), and sees no others: NaN and
  // infinities stay in the windows that have them.
  const windows = Array.from({ length: count }, (_, i) => {
    const begin = Math.floor((i * n) / count)
    const end = Math.ceil(((i + 1) * n) / count)
    const parts = x.shape.map((_, a): [number, number] | null => (a === axis ? [begin, end] : null))
    const own = slice(x, parts)
    return div(sum(own, { axis, keepDims: true }), end - begin)
  })
  return concat(windows, axis)
}

const adaptiveAvgPool =
  (name: string, n: number) =>
  (x: TensorLike, size: PerAxis): Tensor => {
    const [t] = asFloats(x)
    requireSpatial(name, n, t)
    checkElements(name, t)
    return apply(adaptiveAvgPoolOp, [t], { size: perAxis(name, 'size', size ?? NaN, n, 1) })
  }

/** Means of windows chosen so that `size` of them cover the last axis: `[N, C, L] -> [N, C, size]`. @throws ShapeError
 * */
export const adaptiveAvgPool1d: (x: TensorLike, size: PerAxis) => Tensor = adaptiveAvgPool('adaptiveAvgPool1d', 1)
/** As {@link adaptiveAvgPool1d}, over `[N, C, H, W]`. @example adaptiveAvgPool2d(x, [1, 1]) */
export const adaptiveAvgPool2d: (x: TensorLike, size: PerAxis) => Tensor = adaptiveAvgPool('adaptiveAvgPool2d', 2)
/** As {@link adaptiveAvgPool1d}, over `[N, C, D, H, W]`. */
export const adaptiveAvgPool3d: (x: TensorLike, size: PerAxis) => Tensor = adaptiveAvgPool('adaptiveAvgPool3d', 3)
