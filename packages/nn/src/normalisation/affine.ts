import { add, asTensor, cast, expandDims, mul, ShapeError, show, type Tensor, type TensorLike } from '@gradloom/core'

export interface AffineOptions {
  readonly scale?: TensorLike
  readonly bias?: TensorLike
}

/** y * scale + bias, where axis k of the two is axis `axes[k]` of y. @throws ShapeError where they have another rank or
 * sizes */
export function affine(name: string, y: Tensor, axes: readonly number[], { scale, bias }: AffineOptions): Tensor {
  const along = (value: TensorLike, what: string): Tensor => {
    const t = cast(asTensor(value, y.dtype), y.dtype)
    const wanted = axes.map((a) => y.shape[a])
    if (t.rank !== axes.length || t.shape.some((n, i) => n !== wanted[i] && n !== -1 && wanted[i] !== -1))
      throw new ShapeError(`${name}: ${what} of shape ${show(wanted)} required, got ${show(t.shape)}`)
    const from = Math.min(...axes)
    return expandDims(
      t,
      y.shape
        .map((_, i) => i)
        .filter((i) => i > from && !axes.includes(i))
        .map((i) => i - from),
    )
  }
  const scaled = scale === undefined ? y : mul(y, along(scale, 'scale'))
  return bias === undefined ? scaled : add(scaled, along(bias, 'bias'))
}
