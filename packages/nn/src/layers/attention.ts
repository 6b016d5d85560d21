import { zeros, type Tensor } from '@gradloom/core'
import { multiHeadAttention } from '../attention/multiHeadAttention.ts'
import type { Layer } from './layer.ts'

export type AttentionParameters = {
  query: Tensor
  key: Tensor
  value: Tensor
  output: Tensor
  queryBias: Tensor
  keyBias: Tensor
  valueBias: Tensor
  outputBias: Tensor
}

/** Self-attention of `heads` heads over `[..., tokens, features]`, projections Glorot-uniform. */
export const attention = (
  features: number,
  { heads, causal = false }: { readonly heads: number; readonly causal?: boolean },
): Layer<AttentionParameters> => ({
  init: (rng) => {
    const weight = (): Tensor => rng.glorotUniform([features, features])
    const bias = (): Tensor => zeros([features])
    return {
      query: weight(),
      key: weight(),
      value: weight(),
      output: weight(),
      queryBias: bias(),
      keyBias: bias(),
      valueBias: bias(),
      outputBias: bias(),
    }
  },
  apply: (p, x) => multiHeadAttention(x, p, { heads, causal }),
})
