import {
  add,
  apply,
  asTensor,
  cast,
  defineOp,
  expandDims,
  mean,
  mul,
  rsqrt,
  ShapeError,
  show,
  stopGradient,
  sub,
  toFloat,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { variance as varianceOf } from '@gradloom/ops'
import { affine, type AffineOptions } from './affine.ts'
import { standardise } from './standardise.ts'

export interface BatchNormOptions extends AffineOptions {
  /** Running statistics by channel, [C]. Needed for inference; in training, what the new ones start from. */
  readonly mean?: TensorLike
  readonly variance?: TensorLike
  readonly training?: boolean
  /** The share of the new batch in the running statistics. */
  readonly momentum?: number
  readonly eps?: number
}

export interface BatchNormResult {
  readonly output: Tensor
  /** In training, the statistics for the next step: assign them to their variables. In inference, those given. */
  readonly mean: Tensor
  readonly variance: Tensor
}

/** The unbiased variance of each channel; its correction needs the number of elements. */
const channelVarianceOp: Op = defineOp({
  name: 'channelVariance',
  infer: ([x]) => ({ shape: [x.shape[1]], dtype: x.dtype }),
  decompose: ([x]) => {
    const axis = x.shape.map((_, i) => i).filter((i) => i !== 1)
    return varianceOf(x, { axis, correction: axis.reduce((n, a) => n * x.shape[a], 1) > 1 ? 1 : 0 })
  },
})

/** Standardises each channel (axis 1 of `[N, C, ...]`): in training by the mean and variance of the batch, in inference
 * by the running ones; then scales and shifts by channel. The running variance is unbiased, as PyTorch's; without
 * running statistics those of the batch are given. No gradient flows through running statistics.
 * @see https://arxiv.org/abs/1502.03167 @throws ShapeError; also for inference without statistics
 * @example const { output, mean, variance } = batchNorm(x, { scale, bias, mean: m, variance: v, training: true }) */
export function batchNorm(x: TensorLike, options: BatchNormOptions = {}): BatchNormResult {
  const {
    training = false,
    momentum = 0.1,
    eps = 1e-5,
    mean: runningMean,
    variance: runningVariance,
    ...rest
  } = options
  let t = asTensor(x)
  t = cast(t, toFloat(t.dtype))
  if (t.rank < 2)
    throw new ShapeError(`batchNorm: rank 2 or more required, [batch, channels, ...], got ${show(t.shape)}`)
  const given = [runningMean, runningVariance].map((s) =>
    s === undefined ? undefined : cast(asTensor(s, t.dtype), t.dtype),
  )
  const axes = t.shape.map((_, i) => i).filter((i) => i !== 1)
  if (training) {
    const running = (old: Tensor | undefined, now: Tensor): Tensor =>
      stopGradient(old ? add(mul(old, 1 - momentum), mul(now, momentum)) : now)
    return {
      output: affine('batchNorm', standardise(t, axes, eps), [1], rest),
      mean: running(given[0], mean(t, { axis: axes })),
      variance: running(given[1], apply(channelVarianceOp, [t])),
    }
  }
  const [m, v] = given.map((s) => s && stopGradient(s))
  if (!m || !v)
    throw new ShapeError(
      `batchNorm: mean and variance of shape ${show([t.shape[1]])} required in inference, got none; pass the ` +
        `running statistics, or training: true`,
    )
  const along = (s: Tensor): Tensor =>
    expandDims(
      s,
      axes.slice(1).map((a) => a - 1),
    )
  const output = mul(sub(t, along(m)), along(rsqrt(add(v, eps))))
  return { output: affine('batchNorm', output, [1], rest), mean: m, variance: v }
}
