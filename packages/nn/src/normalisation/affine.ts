import { add, asTensor, cast, expandDims, mul, type Tensor, type TensorLike } from '@gradloom/core'
import { requireShape } from '@gradloom/core/extend'

export interface AffineOptions {
  readonly scale?: TensorLike
  readonly bias?: TensorLike
}
export const affineDefaults: Record<keyof AffineOptions, undefined> = { scale: undefined, bias: undefined }

/** `value` as it meets y, where its axis k is axis `axes[k]` of y. @throws ShapeError where it has another rank or
 * sizes */
export function along(name: string, what: string, value: TensorLike, y: Tensor, axes: readonly number[]): Tensor {
  const t = cast(asTensor(value, y.dtype), y.dtype)
  requireShape(
    name,
    what,
    axes.map((a) => y.shape[a]),
    t.shape,
  )
  const from = Math.min(...axes)
  return expandDims(
    t,
    y.shape
      .map((_, i) => i)
      .filter((i) => i > from && !axes.includes(i))
      .map((i) => i - from),
  )
}

/** y * scale + bias, where axis k of the two is axis `axes[k]` of y. @throws ShapeError where they have another rank or
 * sizes */
export function affine(name: string, y: Tensor, axes: readonly number[], { scale, bias }: AffineOptions): Tensor {
  const scaled = scale === undefined ? y : mul(y, along(name, 'scale', scale, y, axes))
  return bias === undefined ? scaled : add(scaled, along(name, 'bias', bias, y, axes))
}
