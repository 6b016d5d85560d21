import {
  add,
  asTensor,
  broadcastShapes,
  cast,
  expandDims,
  mean,
  mul,
  normalizeAxis,
  sameShape,
  ShapeError,
  show,
  squeeze,
  sub,
  sum,
  toFloat,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { reduce, type ReductionOptions } from './reduction.ts'
import { shifted } from './shifted.ts'

export interface CrossEntropyOptions extends ReductionOptions {
  readonly axis?: number
  readonly labelSmoothing?: number
  /** What each class counts, [C]. The mean still divides by the number of examples. */
  readonly weight?: TensorLike
}

/** Cross-entropy of target probabilities under softmax(logits): -sum over c of w[c] t[c] log softmax(logits)[c], with
 * t = (1 - e) p + e / C for smoothing e. Logits and probabilities `[..., C]`, result `[...]` or reduced. Differentiable
 * in both.
 * @throws ShapeError where the two shapes differ */
export function softmaxCrossEntropy(
  logits: TensorLike,
  probabilities: TensorLike,
  options: CrossEntropyOptions = {},
): Tensor {
  const { axis = -1, labelSmoothing = 0, weight, reduction = 'none' } = options
  let x = asTensor(logits)
  x = cast(x, toFloat(x.dtype))
  const p = cast(asTensor(probabilities, x.dtype), x.dtype)
  const at = normalizeAxis('softmaxCrossEntropy', axis, x.rank, x.shape)
  const shape = broadcastShapes('softmaxCrossEntropy', x.shape, p.shape)
  if (
    [x, p].some(
      (t) =>
        !sameShape(
          t.shape.map((n, i) => (n === -1 ? shape[i] : n)),
          shape,
        ),
    )
  ) {
    throw new ShapeError(
      `softmaxCrossEntropy: logits and probabilities must have one shape, got ${show(x.shape, p.shape)}; labels ` +
        `go to sparseSoftmaxCrossEntropy`,
    )
  }
  const { z, logSum } = shifted(x, at)
  const weighted = (t: Tensor): Tensor =>
    weight === undefined
      ? t
      : mul(
          t,
          expandDims(
            cast(weight, x.dtype),
            x.shape.map((_, i) => i).filter((i) => i !== at),
          ),
        )
  // sum t (logSum - z), apart so that logSum is used once a row
  const against = (t: Tensor): Tensor =>
    sub(mul(squeeze(logSum, at), sum(t, { axis: at })), sum(mul(t, z), { axis: at }))
  const loss = against(weighted(p))
  if (!labelSmoothing) return reduce(loss, reduction)
  const spread = mean(weighted(sub(logSum, z)), { axis: at })
  return reduce(add(mul(loss, 1 - labelSmoothing), mul(spread, labelSmoothing)), reduction)
}
