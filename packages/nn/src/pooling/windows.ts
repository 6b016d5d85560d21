import { apply, ShapeError, show, slice, type Meta, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { asFloats } from '../asFloats.ts'
import { settings } from '../settings.ts'
import { requireSpatial } from '../shapes.ts'
import { perAxis, windowCount, type Padding, type PerAxis } from '../convolution/geometry.ts'

export interface PoolOptions {
  readonly kernelSize: PerAxis
  /** The kernel size where absent: windows side by side. */
  readonly stride?: PerAxis
  /** At most half of the kernel size. */
  readonly padding?: PerAxis
  readonly dilation?: PerAxis
}

/** One entry per spatial axis. */
export interface Windows {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: Padding
  readonly dilation: readonly number[]
}

/** Checked settings. @throws ShapeError */
export function windowsOf(name: string, n: number, options: PoolOptions): Windows {
  const {
    kernelSize = NaN,
    stride = kernelSize,
    padding,
    dilation,
  } = settings(name, options, { kernelSize: undefined, stride: undefined, padding: undefined, dilation: undefined })
  const kernel = perAxis(name, 'kernelSize', kernelSize, n, 1)
  const around = perAxis(name, 'padding', padding, n, 0)
  if (around.some((p, i) => p > kernel[i] / 2))
    throw new ShapeError(
      `${name}: padding of at most half the kernel size required, got [${around.join(', ')}] for ` +
        `[${kernel.join(', ')}]`,
    )
  return {
    kernel,
    stride: perAxis(name, 'stride', stride, n, 1),
    padding: around.map((p): [number, number] => [p, p]),
    dilation: perAxis(name, 'dilation', dilation, n, 1),
  }
}

/** @throws ShapeError where a spatial size is 0: windows would have nothing but padding */
export function checkElements(name: string, { shape }: Meta): void {
  if (shape.includes(0, 2)) throw new ShapeError(`${name}: sizes above 0 required, got ${show(shape)}`)
}

/** The shape of one value per window. @throws ShapeError where a window does not fit */
export function pooledShape(name: string, x: Meta, { kernel, stride, padding, dilation }: Windows): number[] {
  checkElements(name, x)
  return x.shape.map((n, i) =>
    i < 2 ? n : windowCount(name, n, kernel[i - 2], stride[i - 2], padding[i - 2], dilation[i - 2]),
  )
}

/** The first result of a pooling op over n spatial axes. @throws ShapeError, in the name of the function that users
 * call */
export function pool(name: string, n: number, op: Op<Windows>, x: TensorLike, options: PoolOptions): Tensor {
  const [t] = asFloats(x)
  requireSpatial(name, n, t)
  const windows = windowsOf(name, n, options)
  pooledShape(name, t, windows)
  return apply(op, [t], windows)
}

/** Windows side by side, each element in one of them at most. */
export const isTiling = ({ kernel, stride, padding, dilation }: Windows): boolean =>
  kernel.every((k, i) => stride[i] === k && dilation[i] === 1 && !padding[i][0] && !padding[i][1])

/** The elements at one place of every window, from the padded input; along spatial axis `only` alone where it is given.
 * */
export const tap = (
  padded: Tensor,
  at: readonly number[],
  { stride, dilation }: Windows,
  out: readonly number[],
  only?: number,
): Tensor =>
  slice(padded, [
    null,
    null,
    ...at.map((k, i): [number, number, number] | null => {
      if (only !== undefined && only !== i) return null
      const start = k * dilation[i]
      return [start, start + (out[i + 2] - 1) * stride[i] + 1, stride[i]]
    }),
  ])
