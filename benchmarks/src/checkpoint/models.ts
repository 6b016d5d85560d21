import { add, hostArray, mean, square, type Context, type HostArray, type Tensor } from '@gradloom/core'
import { checkpoint } from '@gradloom/checkpoint'
import { layers, relu, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { createRng } from '@gradloom/ops'
import { integers, uniform } from '../inputs.ts'

/** A model to train, whose parts `wrap` may take as segments. */
export interface DeepModel {
  readonly name: string
  /** The parameters' first values. */
  readonly initial: unknown
  readonly learningRate: number
  readonly feeds: { readonly [name: string]: HostArray }
  loss(ctx: Context, wrap: Wrap): Tensor
}
/** Applies a part of a model, by its number. */
export type Wrap = (part: (x: Tensor) => Tensor, x: Tensor, number: number) => Tensor

export const plainly: Wrap = (part, x) => part(x)
/** Each part as a segment. */
export const eachPart: Wrap = (part, x) => checkpoint(part)(x)

const rng = createRng(1)

/** A chain of linear layers with relu. */
export function mlp(depth: number, width: number, batch: number): DeepModel {
  const parts = Array.from({ length: depth }, () => layers.linear(width, width))
  const initial = parts.map((p) => p.init(rng))
  return {
    name: `mlp ${depth} x ${width}, batch ${batch}`,
    initial,
    learningRate: 0.01,
    feeds: { x: hostArray(uniform(batch * width, 1, -1, 1), [batch, width]) },
    loss(ctx, wrap) {
      const p = layers.getVariables(ctx, initial)
      let x = ctx.placeholder('x', [batch, width])
      parts.forEach((part, i) => {
        x = wrap((h) => relu(part.apply(p[i], h)), x, i)
      })
      return mean(square(x))
    },
  }
}

interface Sizes {
  readonly blocks: number
  readonly features: number
  readonly heads: number
  readonly tokens: number
  readonly batch: number
  readonly vocabulary: number
}

/** A causal transformer that predicts the next token. */
export function transformer({ blocks, features, heads, tokens, batch, vocabulary }: Sizes): DeepModel {
  const embed = layers.embedding(vocabulary, features, { std: 0.02 })
  const parts = Array.from({ length: blocks }, () => layers.transformerBlock(features, { heads, causal: true }))
  const norm = layers.layerNorm(features)
  const head = layers.linear(features, vocabulary)
  const initial = {
    embed: embed.init(rng),
    position: rng.normal([tokens, features], { std: 0.02 }),
    parts: parts.map((part) => part.init(rng)),
    norm: norm.init(rng),
    head: head.init(rng),
  }
  return {
    name: `transformer ${blocks} x ${features}, ${tokens} tokens, batch ${batch}`,
    initial,
    learningRate: 0.01,
    feeds: {
      x: hostArray(integers(batch * tokens, 1, vocabulary), [batch, tokens]),
      y: hostArray(integers(batch * tokens, 2, vocabulary), [batch, tokens]),
    },
    loss(ctx, wrap) {
      const p = layers.getVariables(ctx, initial)
      let x = add(embed.apply(p.embed, ctx.placeholder('x', [batch, tokens], 'int32')), p.position)
      parts.forEach((part, i) => {
        x = wrap((h) => part.apply(p.parts[i], h), x, i)
      })
      const scores = head.apply(p.head, norm.apply(p.norm, x))
      return sparseSoftmaxCrossEntropy(scores, ctx.placeholder('y', [batch, tokens], 'int32'), { reduction: 'mean' })
    },
  }
}

/** Residual blocks of two 3 x 3 convolutions each. */
export function cnn(blocks: number, channels: number, size: number, batch: number): DeepModel {
  const classes = 10
  const stem = layers.conv2d(3, channels, { kernelSize: 3, padding: 'same' })
  const convolution = () => layers.conv2d(channels, channels, { kernelSize: 3, padding: 'same' })
  const parts = Array.from({ length: blocks }, () => [convolution(), convolution()] as const)
  const head = layers.linear(channels, classes)
  const initial = {
    stem: stem.init(rng),
    parts: parts.map(([a, b]) => ({ a: a.init(rng), b: b.init(rng) })),
    head: head.init(rng),
  }
  return {
    name: `cnn ${2 * blocks} x ${channels}, ${size} x ${size}, batch ${batch}`,
    initial,
    learningRate: 0.001,
    feeds: {
      x: hostArray(uniform(batch * 3 * size * size, 1, -1, 1), [batch, 3, size, size]),
      y: hostArray(integers(batch, 2, classes), [batch]),
    },
    loss(ctx, wrap) {
      const p = layers.getVariables(ctx, initial)
      let x = relu(stem.apply(p.stem, ctx.placeholder('x', [batch, 3, size, size])))
      parts.forEach(([a, b], i) => {
        x = wrap((h) => relu(add(h, b.apply(p.parts[i].b, relu(a.apply(p.parts[i].a, h))))), x, i)
      })
      const scores = head.apply(p.head, mean(x, { axis: [2, 3] }))
      return sparseSoftmaxCrossEntropy(scores, ctx.placeholder('y', [batch], 'int32'), { reduction: 'mean' })
    },
  }
}
