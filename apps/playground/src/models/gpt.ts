import { add, scope, type Tensor } from '@gradloom/core'
import { layers } from '@gradloom/nn'
import type { Rng } from '@gradloom/ops'

export interface GptSize {
  readonly characters: number
  readonly length: number
  readonly features: number
  readonly blocks: number
  readonly heads: number
}

/** A small transformer that predicts the next character after every character, in parts that can be looked into. */
export interface Gpt {
  readonly layer: layers.Layer
  /** What the attention of a block gets: the stream as the blocks before it left it, normalised. */
  before(parameters: layers.Parameters, x: Tensor, block: number): Tensor
  /** The parameters of a block's attention. */
  attentionOf(parameters: layers.Parameters, block: number): layers.AttentionParameters
}

export function createGpt({ characters, length, features, blocks, heads }: GptSize, rng: Rng): Gpt {
  const positions: layers.Layer<{ table: Tensor }> = {
    init: () => ({ table: rng.normal([length, features], { std: 0.1 }) }),
    apply: ({ table }, x) => add(x, table),
  }
  const embed = layers.sequential(layers.embedding(characters, features, { std: 0.1 }), positions)
  const stack = Array.from({ length: blocks }, () => layers.transformerBlock(features, { heads, causal: true }))
  const head = layers.sequential(layers.layerNorm(features), layers.linear(features, characters))
  const norm = layers.layerNorm(features)
  const nameOf = (block: number): string => `block${block}`
  type Block = Parameters<(typeof stack)[number]['apply']>[0]
  const own = (parameters: layers.Parameters, name: string): never => parameters[name] as never
  const upTo = (parameters: layers.Parameters, x: Tensor, count: number): Tensor =>
    stack.slice(0, count).reduce(
      (y, block, i) => scope(nameOf(i), () => block.apply(own(parameters, nameOf(i)), y)),
      scope('embed', () => embed.apply(own(parameters, 'embed'), x)),
    )
  return {
    layer: {
      init: (from) => ({
        embed: embed.init(from),
        ...Object.fromEntries(stack.map((block, i) => [nameOf(i), block.init(from)])),
        head: head.init(from),
      }),
      apply: (p, x) => {
        const y = upTo(p, x, blocks)
        return scope('head', () => head.apply(own(p, 'head'), y))
      },
    },
    before: (p, x, block) => norm.apply((own(p, nameOf(block)) as Block).norm1, upTo(p, x, block)),
    attentionOf: (p, block) => (own(p, nameOf(block)) as Block).attention,
  }
}
