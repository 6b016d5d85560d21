import { ones, zeros, type Tensor } from '@gradloom/core'
import { batchNorm as normalise } from '../normalisation/batchNorm.ts'
import { joined, REQUIRED, settings } from '../settings.ts'
import { layer, type Layer } from './layer.ts'

export type BatchNormParameters = { scale: Tensor; bias: Tensor; state: { mean: Tensor; variance: Tensor } }

/** Batch normalisation of `[N, C, ...]`; its running statistics are a state, the variables `mean` and `variance` beside
 * its scale. */
export const batchNorm = (
  channels: number,
  options?: { readonly momentum?: number; readonly eps?: number },
): Layer<BatchNormParameters> => {
  const { momentum, eps } = settings('batchNorm', joined(options, { channels }), {
    channels: REQUIRED,
    momentum: 0.1,
    eps: 1e-5,
  })
  const size = [channels]
  return layer({
    init: () => ({ scale: ones(size), bias: zeros(size), state: { mean: zeros(size), variance: ones(size) } }),
    apply: ({ scale, bias, state }, x, mode) => {
      const mean = mode!.state(state?.mean)
      const variance = mode!.state(state?.variance)
      const running = { mean: mean.value, variance: variance.value }
      const y = normalise(x, { momentum, eps, scale, bias, ...running, training: mode!.training })
      mean.set(y.mean)
      variance.set(y.variance)
      return y.output
    },
  })
}
