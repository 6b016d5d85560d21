import { apply, asTensor, normalizeAxis, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { settings } from '../settings.ts'

/** The function that applies an op along one axis, the last by default. */
/* @__NO_SIDE_EFFECTS__ */
export const alongAxis =
  (op: Op<{ readonly axis: number }>) =>
  (x: TensorLike, options?: { axis?: number }): Tensor => {
    const { axis = -1 } = settings(op.name, options, { axis: undefined })
    const t = asTensor(x)
    return apply(op, [t], { axis: normalizeAxis(op.name, axis, t.rank, t.shape) })
  }
