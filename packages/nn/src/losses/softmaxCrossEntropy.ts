import {
  cast,
  mean,
  mul,
  normalizeAxis,
  ShapeError,
  show,
  squeeze,
  sub,
  sum,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { agree, upcast } from '@gradloom/core/extend'
import { asFloats } from '../asFloats.ts'
import { along } from '../normalisation/affine.ts'
import { settings } from '../settings.ts'
import { counted } from './counted.ts'
import { reduce, type ReductionOptions } from './reduction.ts'
import { shifted } from './shifted.ts'
import { smoothed } from './smoothed.ts'

export interface CrossEntropyOptions extends ReductionOptions {
  readonly axis?: number
  readonly labelSmoothing?: number
  /** What each class counts, [C]. The mean still divides by the number of examples. */
  readonly weight?: TensorLike
}

/** Cross-entropy of target probabilities under softmax(logits): -sum over c of w[c] t[c] log softmax(logits)[c], with
 * t = (1 - e) p + e / C for smoothing e. A class whose target is 0 counts nothing, also where its logit is -infinity;
 * smoothing asks for it too, and is infinite there. Logits and probabilities `[..., C]`, result `[...]` or reduced.
 * Differentiable in both.
 * @throws ShapeError where the two shapes differ */
export function softmaxCrossEntropy(
  logits: TensorLike,
  probabilities: TensorLike,
  options?: CrossEntropyOptions,
): Tensor {
  const {
    axis = -1,
    labelSmoothing,
    weight,
    reduction,
  } = settings('softmaxCrossEntropy', options, {
    axis: undefined,
    labelSmoothing: 0,
    weight: undefined,
    reduction: 'none',
  })
  const [given] = asFloats(logits)
  const x = upcast(given)
  const p = cast(probabilities, x.dtype)
  const at = normalizeAxis('softmaxCrossEntropy', axis, x.rank, x.shape)
  if (!agree(x.shape, p.shape))
    throw new ShapeError(
      `softmaxCrossEntropy: logits and probabilities must have one shape, got ${show(x.shape, p.shape)}; labels ` +
        `go to sparseSoftmaxCrossEntropy`,
    )
  const { z, logSum } = shifted('softmaxCrossEntropy', x, at)
  const byClass = weight === undefined ? undefined : along('softmaxCrossEntropy', 'weight', weight, x, [at])
  // sum t (logSum - z), apart so that logSum is used once a row
  const t = byClass ? mul(p, byClass) : p
  const loss = sub(mul(squeeze(logSum, at), sum(t, { axis: at })), sum(counted(t, z), { axis: at }))
  const reduced = (l: Tensor): Tensor => cast(reduce(l, reduction), given.dtype)
  if (!labelSmoothing) return reduced(loss)
  const all = sub(logSum, z)
  const spread = mean(byClass ? counted(byClass, all) : all, { axis: at })
  return reduced(smoothed(loss, spread, labelSmoothing))
}
