import {
  add,
  apply,
  cast,
  defineOp,
  div,
  full,
  mul,
  reshape,
  rsqrt,
  ShapeError,
  show,
  sizeOf,
  stopGradient,
  sub,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { upcast } from '@gradloom/core/extend'
import { asFloats } from '../asFloats.ts'
import { settings } from '../settings.ts'
import { requireRank } from '../shapes.ts'
import { affine, affineDefaults, along, type AffineOptions } from './affine.ts'
import { moments, standardise } from './standardise.ts'

export interface BatchNormOptions extends AffineOptions {
  /** Running statistics by channel, [C]. Needed for inference; in training, what the new ones start from. */
  readonly mean?: TensorLike
  readonly variance?: TensorLike
  readonly training?: boolean
  /** The share of the new batch in the running statistics: new = (1 - momentum) old + momentum batch, as PyTorch has
   * it; what Keras calls momentum is 1 less this. */
  readonly momentum?: number
  readonly eps?: number
}
export interface BatchNormResult {
  readonly output: Tensor
  /** In training, the statistics for the next step: assign them to their variables. In inference, those given. */
  readonly mean: Tensor
  readonly variance: Tensor
}

const allButChannels = (shape: readonly number[]): number[] => shape.map((_, i) => i).filter((i) => i !== 1)

interface Attrs {
  readonly statistic: 'mean' | 'variance'
  readonly momentum: number
}
/** A statistic of each channel of x, mixed into the running one where that is given too. */
const statisticOp: Op<Attrs> = defineOp<Attrs>({
  name: 'batchNormStatistic',
  infer: ([x]) => {
    if (allButChannels(x.shape).every((a) => x.shape[a] === 1))
      throw new ShapeError(
        `batchNorm: more than one value a channel required in training, got ${show(x.shape)}; take larger batches, ` +
          `dropLast, or training: false`,
      )
    return { shape: [x.shape[1]], dtype: x.dtype }
  },
  decompose: ([x, old], { statistic, momentum }) => {
    const axes = allButChannels(x.shape)
    const n = sizeOf(axes.map((a) => x.shape[a]))
    const channels = [x.shape[1]]
    if (n === 0) return old ? reshape(old, channels) : full(channels, NaN, x)
    const { mean, variance } = moments(x, axes)
    const now = statistic === 'mean' ? mean : div(mul(variance, n), n - 1)
    const next = old ? add(mul(upcast(old), 1 - momentum), mul(now, momentum)) : now
    return cast(reshape(next, channels), x.dtype)
  },
})

/** Standardises each channel (axis 1 of `[N, C, ...]`): in training by the mean and variance of the batch, in inference
 * by the running ones; then scales and shifts by channel. The running variance is unbiased, as PyTorch's; without
 * running statistics those of the batch are given. An empty batch leaves running statistics as they are. No gradient
 * flows through running statistics. In training, squares overflow where |x - mean| is above about 1e18 in float32: the
 * quotient is 0 there, and the variance infinite, as in PyTorch and JAX.
 * @see https://arxiv.org/abs/1502.03167 @throws ShapeError; also for inference without statistics, and for training on
 * one value a channel, of which nothing but the bias would be left
 * @example const { output, mean, variance } = batchNorm(x, { scale, bias, mean: m, variance: v, training: true }) */
export function batchNorm(x: TensorLike, options?: BatchNormOptions): BatchNormResult {
  const { training, momentum, eps, mean, variance, ...rest } = settings('batchNorm', options, {
    ...affineDefaults,
    mean: undefined,
    variance: undefined,
    training: false,
    momentum: 0.1,
    eps: 1e-5,
  })
  const [t] = asFloats(x)
  requireRank('batchNorm', 2, t)
  const axes = allButChannels(t.shape)
  const running = (what: string, value: TensorLike | undefined): Tensor | undefined =>
    value === undefined ? undefined : stopGradient(along('batchNorm', what, value, t, [1]))
  const m = running('mean', mean)
  const v = running('variance', variance)
  if (training) {
    const next = (statistic: Attrs['statistic'], old: Tensor | undefined): Tensor =>
      stopGradient(apply(statisticOp, old ? [t, old] : [t], { statistic, momentum }))
    return {
      output: affine('batchNorm', standardise(t, axes, eps), [1], rest),
      mean: next('mean', m),
      variance: next('variance', v),
    }
  }
  if (!m || !v)
    throw new ShapeError(
      `batchNorm: mean and variance of shape ${show([t.shape[1]])} required in inference, got none; pass the ` +
        `running statistics, or training: true`,
    )
  const output = mul(sub(t, m), rsqrt(add(v, eps)))
  return { output: affine('batchNorm', output, [1], rest), mean: reshape(m, [-1]), variance: reshape(v, [-1]) }
}
