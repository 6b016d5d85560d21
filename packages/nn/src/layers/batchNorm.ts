import { ones, zeros, type Tensor } from '@gradloom/core'
import { batchNorm as normalise } from '../normalisation/batchNorm.ts'
import { REQUIRED, settings } from '../settings.ts'
import { inference, type Layer } from './layer.ts'

/** Batch normalisation of `[N, C, ...]`, with running statistics in the variables `mean` and `variance` beside its
 * scale. */
export const batchNorm = (
  channels: number,
  options?: { readonly momentum?: number; readonly eps?: number },
): Layer<{ scale: Tensor; bias: Tensor }> => {
  const { momentum, eps } = settings(
    'batchNorm',
    { ...options, channels },
    { channels: REQUIRED, momentum: 0.1, eps: 1e-5 },
  )
  return {
    init: () => ({ scale: ones([channels]), bias: zeros([channels]) }),
    apply: ({ scale, bias }, x, mode = inference) => {
      const mean = mode.state(scale, 'mean', zeros([channels], scale))
      const variance = mode.state(scale, 'variance', ones([channels], scale))
      const y = normalise(x, {
        momentum,
        eps,
        scale,
        bias,
        mean: mean.value,
        variance: variance.value,
        training: mode.training,
      })
      mean.set(y.mean)
      variance.set(y.variance)
      return y.output
    },
  }
}
