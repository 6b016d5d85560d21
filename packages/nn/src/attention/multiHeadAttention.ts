import { asTensor, matmul, type Tensor, type TensorLike } from '@gradloom/core'
import { affine } from '../normalisation/affine.ts'
import { REQUIRED, settings } from '../settings.ts'
import { mergeHeads, splitHeads } from './heads.ts'
import { attentionDefaults, scaledDotProductAttention, type AttentionOptions } from './scaledDotProductAttention.ts'

/** Weights [in, out] of the four projections, and their biases [out]. */
export interface MultiHeadWeights {
  readonly query: TensorLike
  readonly key: TensorLike
  readonly value: TensorLike
  readonly output: TensorLike
  readonly queryBias?: TensorLike
  readonly keyBias?: TensorLike
  readonly valueBias?: TensorLike
  readonly outputBias?: TensorLike
}

interface MultiHeadOptions extends AttentionOptions {
  readonly heads: number
  readonly memory?: TensorLike
}
/** Attention in `heads` parts of the projected features, joined and projected again: x `[..., n, in]`, looking at
 * `memory` `[..., m, in]` (x itself where absent) -> `[..., n, out]`. A mask is [..., heads or 1, n, m]. @throws
 * ShapeError
 * @see https://arxiv.org/abs/1706.03762 */
export function multiHeadAttention(x: TensorLike, weights: MultiHeadWeights, options: MultiHeadOptions): Tensor {
  const w = Object(weights) as MultiHeadWeights
  const { heads, memory, ...rest } = settings('multiHeadAttention', options, {
    ...attentionDefaults,
    heads: REQUIRED,
    memory: undefined,
  })
  const t = asTensor(x)
  const source = memory === undefined ? t : asTensor(memory)
  const project = (input: Tensor, weight: TensorLike, bias: TensorLike | undefined): Tensor => {
    const y = matmul(input, weight)
    return affine('multiHeadAttention', y, [y.rank - 1], { bias })
  }
  const part = (input: Tensor, weight: TensorLike, bias: TensorLike | undefined): Tensor =>
    splitHeads(project(input, weight, bias), heads)
  const y = scaledDotProductAttention(
    part(t, w.query, w.queryBias),
    part(source, w.key, w.keyBias),
    part(source, w.value, w.valueBias),
    rest,
  )
  return project(mergeHeads(y), w.output, w.outputBias)
}
