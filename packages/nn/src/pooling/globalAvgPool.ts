import { asTensor, mean, type Tensor, type TensorLike } from '@gradloom/core'
import { requireRank } from '../shapes.ts'
import { checkElements } from './windows.ts'

/** The mean of each channel: `[N, C, ...] -> [N, C]`. @throws ShapeError below rank 3, and for sizes of 0 */
export function globalAvgPool(x: TensorLike): Tensor {
  const t = asTensor(x)
  requireRank('globalAvgPool', 3, t)
  checkElements('globalAvgPool', t)
  return mean(t, { axis: t.shape.map((_, i) => i).slice(2) })
}
