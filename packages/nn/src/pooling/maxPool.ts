import {
  add,
  apply,
  defineOp,
  equal,
  expandDims,
  full,
  greater,
  isNaN,
  logicalOr,
  mul,
  ones,
  reshape,
  sizeOf,
  where,
  zeros,
  type Meta,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { arange } from '@gradloom/ops'
import { indicesOf } from '../convolution/geometry.ts'
import { dilate, resize } from '../convolution/resize.ts'
import { isTiling, pool, pooledShape, tap, type PoolOptions, type Windows } from './windows.ts'

/** Results: the largest element of each window, and its row-major place in the window (int32). The first of equal
 * elements wins, as in PyTorch, and NaN wins over numbers. Padding never wins, over -infinity neither. */
export const maxPoolOp: Op<Windows> = defineOp<Windows>({
  name: 'maxPool',
  infer: ([x], windows) => {
    const shape = pooledShape('maxPool', x, windows)
    return [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int32' },
    ]
  },
  vjp: ({ inputs: [x], outputs: [, place], cotangents: [g], attrs }) => [
    apply(maxPoolGradientOp, [place, g], { ...attrs, size: x.shape.slice(2) }),
  ],
  decompose: ([x], windows) => {
    const padded = resize(x, windows.padding, -Infinity)
    const out = pooledShape('maxPool', x, windows)
    // 1 for elements, 0 for padding: of equals, which -infinity can be, an element wins.
    const real = resize(ones([1, 1, ...x.shape.slice(2)], x), windows.padding)
    const [first, ...rest] = indicesOf(windows.kernel).map((at): readonly [Tensor, Tensor] => [
      tap(padded, at, windows, out),
      tap(real, at, windows, out),
    ])
    const [largest, , place] = rest.reduce<readonly [Tensor, Tensor, Tensor]>(
      ([best, own, at], [t, is], i) => {
        const better = logicalOr(logicalOr(greater(t, best), isNaN(t)), greater(is, own))
        return [where(better, t, best), where(better, is, own), where(better, full([], i + 1, { dtype: 'int32' }), at)]
      },
      [...first, zeros(out, { dtype: 'int32' })],
    )
    return [largest, place]
  },
})

/** Sends the cotangent of each window to the element at `place` in it. */
export const maxPoolGradientOp: Op<Windows & { readonly size: readonly number[] }> = defineOp<
  Windows & { readonly size: readonly number[] }
>({
  name: 'maxPoolGradient',
  infer: ([, g], { size }): Meta => ({ shape: [g.shape[0], g.shape[1], ...size], dtype: g.dtype }),
  decompose: ([place, g], windows) => {
    const { kernel, stride, padding, dilation, size } = windows
    const n = kernel.length
    const count = g.shape.slice(2)
    if (isTiling(windows)) {
      // Elements by window and place in it: one elementwise kernel.
      const within = count.map((_, i) => 3 + 2 * i)
      const strides = kernel.map((_, i) => sizeOf(kernel.slice(i + 1)))
      const own = kernel.map((k, i) =>
        expandDims(
          mul(arange(k), strides[i]),
          Array.from({ length: 2 * (n - 1 - i) }, (_, j) => j + 1),
        ),
      )
      const spread = where(
        equal(
          expandDims(place, within),
          own.reduce((a, b) => add(a, b)),
        ),
        expandDims(g, within),
        0,
      )
      const joined = reshape(spread, [g.shape[0], g.shape[1], ...count.map((c, i) => c * kernel[i])])
      return resize(
        joined,
        size.map((s, i) => [0, s - count[i] * kernel[i]]),
      )
    }
    return indicesOf(kernel)
      .map((at, k) =>
        resize(
          dilate(where(equal(place, k), g, 0), stride),
          at.map((a, i): [number, number] => {
            const before = a * dilation[i] - padding[i][0]
            return [before, size[i] - before - count[i] * stride[i]]
          }),
        ),
      )
      .reduce((a, b) => add(a, b))
  },
})

const maxPool =
  (name: string, n: number) =>
  (x: TensorLike, options: PoolOptions): Tensor =>
    pool(name, n, maxPoolOp, x, options)

/** The largest element of each window over the last axis, `[N, C, L] -> [N, C, L']`, L' as for conv1d. The gradient
 * goes to the first of equal elements; NaN propagates. @throws ShapeError */
export const maxPool1d: (x: TensorLike, options: PoolOptions) => Tensor = maxPool('maxPool1d', 1)
/** As {@link maxPool1d}, over `[N, C, H, W]`. @example maxPool2d(x, { kernelSize: 2 }) */
export const maxPool2d: (x: TensorLike, options: PoolOptions) => Tensor = maxPool('maxPool2d', 2)
/** As {@link maxPool1d}, over `[N, C, D, H, W]`. */
export const maxPool3d: (x: TensorLike, options: PoolOptions) => Tensor = maxPool('maxPool3d', 3)
