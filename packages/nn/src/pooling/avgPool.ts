import { add, cast, defineOp, div, reshape, sizeOf, sum, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { upcast } from '@gradloom/core/extend'
import { resize } from '../convolution/resize.ts'
import { isTiling, pool, pooledShape, tap, type PoolOptions, type Windows } from './windows.ts'

export const avgPoolOp: Op<Windows> = defineOp<Windows>({
  name: 'avgPool',
  infer: ([x], windows) => ({ shape: pooledShape('avgPool', x, windows), dtype: x.dtype }),
  decompose: ([given], windows) => {
    const x = upcast(given)
    const out = pooledShape('avgPool', x, windows)
    const { kernel, padding } = windows
    const average = (total: Tensor): Tensor => cast(div(total, sizeOf(kernel)), given.dtype)
    if (isTiling(windows)) {
      const whole = resize(
        x,
        kernel.map((k, i) => [0, out[i + 2] * k - x.shape[i + 2]]),
      )
      const tiles = reshape(whole, [x.shape[0], x.shape[1], ...kernel.flatMap((k, i) => [out[i + 2], k])])
      return average(sum(tiles, { axis: kernel.map((_, i) => 3 + 2 * i) }))
    }
    // Axis by axis: k1 + k2 additions instead of k1 * k2.
    const total = kernel.reduce(
      (t, k, axis) =>
        Array.from({ length: k }, (_, at) =>
          tap(
            t,
            kernel.map(() => at),
            windows,
            out,
            axis,
          ),
        ).reduce((a, b) => add(a, b)),
      resize(x, padding),
    )
    return average(total)
  },
})

const avgPool =
  (name: string, n: number) =>
  (x: TensorLike, options: PoolOptions): Tensor =>
    pool(name, n, avgPoolOp, x, options)

/** The mean of each window over the last axis, padding counted as zeros: `[N, C, L] -> [N, C, L']`, L' as for conv1d.
 * @throws ShapeError */
export const avgPool1d: (x: TensorLike, options: PoolOptions) => Tensor = avgPool('avgPool1d', 1)
/** As {@link avgPool1d}, over `[N, C, H, W]`. */
export const avgPool2d: (x: TensorLike, options: PoolOptions) => Tensor = avgPool('avgPool2d', 2)
/** As {@link avgPool1d}, over `[N, C, D, H, W]`. */
export const avgPool3d: (x: TensorLike, options: PoolOptions) => Tensor = avgPool('avgPool3d', 3)
