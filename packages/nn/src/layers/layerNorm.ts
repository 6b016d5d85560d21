import { ones, zeros, type Tensor } from '@gradloom/core'
import { layerNorm as normalise } from '../normalisation/layerNorm.ts'
import { joined, REQUIRED, settings } from '../settings.ts'
import { layer, type Layer } from './layer.ts'

/** Layer normalisation of the last axis. */
export const layerNorm = (
  features: number,
  options?: { readonly eps?: number },
): Layer<{ scale: Tensor; bias: Tensor }> => {
  const { eps } = settings('layerNorm', joined(options, { features }), { features: REQUIRED, eps: 1e-5 })
  return layer({
    init: () => ({ scale: ones([features]), bias: zeros([features]) }),
    apply: ({ scale, bias }, x) => normalise(x, { scale, bias, eps }),
  })
}
