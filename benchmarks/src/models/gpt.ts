import { glorot, type Model, type Parameter } from './model.ts'

export interface GptSizes {
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly tokens: number
  readonly vocabulary: number
}
export const gptSizes: GptSizes = { layers: 2, width: 128, heads: 4, tokens: 64, vocabulary: 64 }
/** As deep and wide as GPT-2 small. */
export const gptLargeSizes: GptSizes = { layers: 12, width: 768, heads: 12, tokens: 256, vocabulary: 8192 }

const matrix = (name: string, from: number, to: number): Parameter[] => [
  { name: `${name}.weight`, shape: [from, to], bound: glorot(from, to) },
  { name: `${name}.bias`, shape: [to], bound: 0.01 },
]
const norm = (name: string, width: number): Parameter[] => [
  { name: `${name}.scale`, shape: [width], bound: 0.1, center: 1 },
  { name: `${name}.bias`, shape: [width], bound: 0.01 },
]

/** x = token + position; x += attention(norm(x)); x += contract(gelu(expand(norm(x)))); head(norm(x)). Attention is
 * causal, gelu the one with tanh, the loss cross-entropy averaged over all tokens. */
export const createGpt = ({ layers, width, tokens, vocabulary }: GptSizes): Model => ({
  parameters: [
    { name: 'token', shape: [vocabulary, width], bound: 0.1 },
    { name: 'position', shape: [tokens, width], bound: 0.1 },
    ...Array.from({ length: layers }, (_, i) => [
      ...norm(`${i}.norm1`, width),
      ...matrix(`${i}.query`, width, width),
      ...matrix(`${i}.key`, width, width),
      ...matrix(`${i}.value`, width, width),
      ...matrix(`${i}.output`, width, width),
      ...norm(`${i}.norm2`, width),
      ...matrix(`${i}.expand`, width, 4 * width),
      ...matrix(`${i}.contract`, 4 * width, width),
    ]).flat(),
    ...norm('norm', width),
    ...matrix('head', width, vocabulary),
  ],
  batch: (size) => [
    { name: 'x', shape: [size, tokens], below: vocabulary },
    { name: 'y', shape: [size, tokens], below: vocabulary },
  ],
  forwardFlops: (size) => 2 * size * tokens * (layers * (12 * width ** 2 + 2 * tokens * width) + width * vocabulary),
  firstFlops: () => 0,
  learningRate: { sgd: 0.01, adam: 1e-4 },
})
