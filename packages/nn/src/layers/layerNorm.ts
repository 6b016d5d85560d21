import { ones, zeros, type Tensor } from '@gradloom/core'
import { layerNorm as normalise } from '../normalisation/layerNorm.ts'
import type { Layer } from './layer.ts'

/** Layer normalisation of the last axis. */
export const layerNorm = (
  features: number,
  options: { readonly eps?: number } = {},
): Layer<{ scale: Tensor; bias: Tensor }> => ({
  init: () => ({ scale: ones([features]), bias: zeros([features]) }),
  apply: (p, x) => normalise(x, { ...p, ...options }),
})
