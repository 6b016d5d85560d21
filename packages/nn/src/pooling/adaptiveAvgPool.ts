import {
  add,
  apply,
  cast,
  defineOp,
  div,
  expandDims,
  less,
  logicalAnd,
  matmul,
  mean,
  mul,
  reshape,
  sum,
  transpose,
  type DType,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { arange } from '@gradloom/ops'
import { perAxis, type PerAxis } from '../convolution/geometry.ts'
import { spatialInput } from './windows.ts'

const adaptiveAvgPoolOp: Op<{ size: readonly number[] }> = defineOp<{ size: readonly number[] }>({
  name: 'adaptiveAvgPool',
  infer: ([x], { size }) => ({ shape: [...x.shape.slice(0, 2), ...size], dtype: x.dtype }),
  decompose: ([x], { size }) => size.reduce((t, count, i) => pooled(t, i + 2, count), x),
})

/** Means of `count` windows along one axis; they overlap where `count` does not divide the size. */
function pooled(x: Tensor, axis: number, count: number): Tensor {
  const n = x.shape[axis]
  if (n % count === 0)
    return mean(reshape(x, [...x.shape.slice(0, axis), count, n / count, ...x.shape.slice(axis + 1)]), {
      axis: axis + 1,
    })
  const last = x.shape.map((_, i) => (i === axis ? x.rank - 1 : i === x.rank - 1 ? axis : i))
  return transpose(matmul(transpose(x, last), means(n, count, x.dtype)), last)
}

/** [n, count]: column i averages the elements j from floor(i n / count) to ceil((i + 1) n / count), in integers:
 * i n < (j + 1) count and j count < (i + 1) n. */
function means(n: number, count: number, dtype: DType): Tensor {
  const i = arange(count)
  const j = expandDims(arange(n), 1)
  const member = cast(logicalAnd(less(mul(i, n), mul(add(j, 1), count)), less(mul(j, count), mul(add(i, 1), n))), dtype)
  return div(member, sum(member, { axis: 0 }))
}

const adaptiveAvgPool =
  (name: string, n: number) =>
  (x: TensorLike, size: PerAxis): Tensor =>
    apply(adaptiveAvgPoolOp, [spatialInput(name, x, n)], { size: perAxis(name, 'size', size, n, 1) })

/** Means of windows chosen so that `size` of them cover the last axis: `[N, C, L] -> [N, C, size]`. @throws ShapeError
 * */
export const adaptiveAvgPool1d: (x: TensorLike, size: PerAxis) => Tensor = adaptiveAvgPool('adaptiveAvgPool1d', 1)
/** As {@link adaptiveAvgPool1d}, over `[N, C, H, W]`. @example adaptiveAvgPool2d(x, [1, 1]) */
export const adaptiveAvgPool2d: (x: TensorLike, size: PerAxis) => Tensor = adaptiveAvgPool('adaptiveAvgPool2d', 2)
/** As {@link adaptiveAvgPool1d}, over `[N, C, D, H, W]`. */
export const adaptiveAvgPool3d: (x: TensorLike, size: PerAxis) => Tensor = adaptiveAvgPool('adaptiveAvgPool3d', 3)
