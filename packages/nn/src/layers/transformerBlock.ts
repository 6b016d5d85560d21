import { add, type Tensor } from '@gradloom/core'
import { gelu } from '../activations/gelu.ts'
import { REQUIRED, settings } from '../settings.ts'
import { attention, type AttentionParameters } from './attention.ts'
import { dropout } from './dropout.ts'
import { layer, type Layer } from './layer.ts'
import { layerNorm } from './layerNorm.ts'
import { linear } from './linear.ts'

type Norm = { scale: Tensor; bias: Tensor }
type Linear = { weight: Tensor; bias?: Tensor }
export type TransformerParameters = {
  norm1: Norm
  attention: AttentionParameters
  norm2: Norm
  expand: Linear
  contract: Linear
}

export interface TransformerOptions {
  readonly heads: number
  /** Width of the hidden layer, 4 * features where absent. */
  readonly hidden?: number
  readonly causal?: boolean
  readonly dropoutRate?: number
}

/** x + attention(norm(x)), then + linear(gelu(linear(norm))), over `[..., tokens, features]`: normalisation before each
 * part.
 * @see https://arxiv.org/abs/2002.04745 */
export function transformerBlock(features: number, options: TransformerOptions): Layer<TransformerParameters> {
  const norm = layerNorm(features)
  const { heads, hidden, causal, dropoutRate } = settings('transformerBlock', options, {
    heads: REQUIRED,
    hidden: 4 * features,
    causal: false,
    dropoutRate: 0,
  })
  const look = attention(features, { heads, causal })
  const drop = dropout(dropoutRate)
  const expand = linear(features, hidden)
  const contract = linear(hidden, features)
  return layer({
    init: (rng) => ({
      norm1: norm.init(rng),
      attention: look.init(rng),
      norm2: norm.init(rng),
      expand: expand.init(rng),
      contract: contract.init(rng),
    }),
    apply: (p, x, mode) => {
      const seen = add(x, drop.apply({}, look.apply(p.attention, norm.apply(p.norm1, x)), mode))
      const thought = contract.apply(p.contract, gelu(expand.apply(p.expand, norm.apply(p.norm2, seen))))
      return add(seen, drop.apply({}, thought, mode))
    },
  })
}
