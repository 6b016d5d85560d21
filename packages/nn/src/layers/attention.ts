import { ShapeError, zeros, type Tensor } from '@gradloom/core'
import { multiHeadAttention } from '../attention/multiHeadAttention.ts'
import { joined, REQUIRED, settings } from '../settings.ts'
import { layer, type Layer } from './layer.ts'

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

/** Self-attention of `heads` heads over `[..., tokens, features]`, projections Glorot-uniform. @throws ShapeError where
 * `heads` does not divide the features */
export function attention(
  features: number,
  options: { readonly heads: number; readonly causal?: boolean },
): Layer<AttentionParameters> {
  const { heads, causal } = settings('attention', joined(options, { features }), {
    features: REQUIRED,
    heads: REQUIRED,
    causal: false,
  })
  if (features % heads)
    throw new ShapeError(`attention: features divisible by ${heads} heads required, got ${features}`)
  return layer({
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
}
