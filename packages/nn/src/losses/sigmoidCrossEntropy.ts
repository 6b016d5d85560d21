import {
  add,
  apply,
  asTensor,
  cast,
  defineOp,
  mul,
  neg,
  notEqual,
  sigmoid,
  sub,
  toFloat,
  where,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { softplus } from '../activations/softplus.ts'
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

// max(x, 0) - x t + log(1 + e^-|x|); dx = sigmoid(x) - t, dt = -x
const binaryCrossEntropyOp: Op = defineOp({
  name: 'sigmoidCrossEntropy',
  promotion: 'float',
  expr: ([x, t]) => x.max(0).sub(x.mul(t)).add(x.abs().neg().exp().log1p()),
  vjp: ({ inputs: [x, t], cotangents: [g] }) => [mul(g, sub(sigmoid(x), t)), neg(mul(g, x))],
})

/** Cross-entropy of independent yes/no targets in [0, 1] under sigmoid(logits), elementwise:
 * -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)), from the logits, so that +-1000 is safe. Differentiable in both.
 * @throws ShapeError where the shapes do not broadcast */
export function sigmoidCrossEntropy(
  logits: TensorLike,
  targets: TensorLike,
  options: SigmoidCrossEntropyOptions = {},
): Tensor {
  const { labelSmoothing = 0, ignoreIndex, weight, positiveWeight, reduction = 'none' } = options
  let x = asTensor(logits)
  x = cast(x, toFloat(x.dtype))
  const raw = cast(asTensor(targets, x.dtype), x.dtype)
  const t = labelSmoothing ? add(mul(raw, 1 - labelSmoothing), labelSmoothing / 2) : raw
  let loss =
    positiveWeight === undefined
      ? apply(binaryCrossEntropyOp, [x, t])
      : add(mul(mul(positiveWeight, t), softplus(neg(x))), mul(sub(1, t), softplus(x)))
  if (weight !== undefined) loss = mul(loss, cast(weight, x.dtype))
  if (ignoreIndex === undefined) return reduce(loss, reduction)
  const kept = notEqual(raw, ignoreIndex)
  return reduce(where(kept, loss, 0), reduction, cast(kept, x.dtype))
}
