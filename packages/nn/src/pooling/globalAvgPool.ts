import { asTensor, mean, ShapeError, show, type Tensor, type TensorLike } from '@gradloom/core'

/** The mean of each channel: `[N, C, ...] -> [N, C]`. @throws ShapeError below rank 3 */
export function globalAvgPool(x: TensorLike): Tensor {
  const t = asTensor(x)
  if (t.rank < 3)
    throw new ShapeError(`globalAvgPool: rank 3 or more required, [batch, channels, ...sizes], got ${show(t.shape)}`)
  return mean(t, { axis: t.shape.map((_, i) => i).slice(2) })
}
