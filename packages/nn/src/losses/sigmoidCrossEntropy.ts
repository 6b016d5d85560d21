import {
  add,
  apply,
  cast,
  defineOp,
  mul,
  neg,
  notEqual,
  sub,
  where,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { requirePaired } from '@gradloom/core/extend'
import { sigmoidLess } from '../activations/sigmoidLess.ts'
import { softplus } from '../activations/softplus.ts'
import { asFloats } from '../asFloats.ts'
import { settings } from '../settings.ts'
import { counted } from './counted.ts'
import { reduce, type ReductionOptions } from './reduction.ts'

export interface SigmoidCrossEntropyOptions extends ReductionOptions {
  /** Moves targets toward 1/2: t (1 - e) + e / 2. */
  readonly labelSmoothing?: number
  /** Elements with this target count nothing; the mean divides by the number of the others. */
  readonly ignoreIndex?: number
  /** A factor on each element's loss; broadcasts. The mean still divides by the number of elements. */
  readonly weight?: TensorLike
  /** A factor on the loss of the positive class; broadcasts. */
  readonly positiveWeight?: TensorLike
}

// max(x, 0) - x t + log(1 + e^-|x|) as |x| m + log(1 + e^-|x|), with m = t below 0 and 1 - t above: what the target
// misses. Nothing is missed at an infinite logit that is right. dx = sigmoid(x) - t, dt = -x
const binaryCrossEntropyOp: Op = defineOp({
  name: 'sigmoidCrossEntropy',
  promotion: 'float',
  expr: ([x, t]) => {
    const size = x.abs()
    const missed = x.le(0).select(t, t.neg().add(1))
    return missed.eq(0).select(0, size.mul(missed)).add(size.neg().exp().log1p())
  },
  vjp: ({ inputs: [x, t], cotangents: [g] }) => [mul(g, sigmoidLess(x, t)), neg(mul(g, x))],
})

/** Cross-entropy of independent yes/no targets in [0, 1] under sigmoid(logits), elementwise:
 * -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)), from the logits, so that +-1000 and infinities are safe.
 * Differentiable in both. @throws ShapeError where the shapes do not broadcast, or broadcasting would repeat both:
 * [n, 1] and [n] */
export function sigmoidCrossEntropy(
  logits: TensorLike,
  targets: TensorLike,
  options?: SigmoidCrossEntropyOptions,
): Tensor {
  const { labelSmoothing, ignoreIndex, weight, positiveWeight, reduction } = settings('sigmoidCrossEntropy', options, {
    labelSmoothing: 0,
    ignoreIndex: undefined,
    weight: undefined,
    positiveWeight: undefined,
    reduction: 'none',
  })
  requirePaired('sigmoidCrossEntropy', logits, targets)
  const [x] = asFloats(logits)
  const raw = cast(targets, x.dtype)
  const t = labelSmoothing ? add(mul(raw, 1 - labelSmoothing), labelSmoothing / 2) : raw
  let loss =
    positiveWeight === undefined
      ? apply(binaryCrossEntropyOp, [x, t])
      : add(counted(mul(positiveWeight, t), softplus(neg(x))), counted(sub(1, t), softplus(x)))
  if (weight !== undefined) loss = counted(cast(weight, x.dtype), loss)
  if (ignoreIndex === undefined) return reduce(loss, reduction)
  const kept = notEqual(raw, ignoreIndex)
  return reduce(where(kept, loss, 0), reduction, cast(kept, x.dtype))
}
