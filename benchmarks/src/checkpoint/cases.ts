import { budget, everyN, saveContractions, sqrt } from '@gradloom/checkpoint'
import type { Policy } from '@gradloom/core'
import { cnn, eachPart, mlp, transformer, type DeepModel, type Wrap } from './models.ts'

/** A way to save memory. */
export interface Strategy {
  readonly name: string
  /** The policy for a model whose plain arena takes so many bytes. */
  readonly policy?: (plainBytes: number) => Policy
  readonly wrap?: Wrap
}

/** A model, and the ways that are compared on it. */
export interface Case {
  readonly id: string
  readonly model: () => DeepModel
  readonly strategies: readonly Strategy[]
}

const CNN_SHARE = 0.35

/** Models that train with and without recomputation. */
export const cases: readonly Case[] = [
  {
    id: 'mlp of 64 layers',
    model: () => mlp(64, 512, 256),
    strategies: [
      { name: 'sqrt', policy: sqrt },
      { name: 'every 2 layers', policy: () => everyN(2) },
    ],
  },
  {
    id: 'transformer of 12 blocks',
    model: () => transformer({ blocks: 12, features: 128, heads: 4, tokens: 128, batch: 8, vocabulary: 256 }),
    strategies: [
      { name: 'saveContractions', policy: saveContractions },
      { name: 'block by block', wrap: eachPart },
    ],
  },
  {
    id: 'cnn of 20 layers',
    model: () => cnn(10, 16, 32, 16),
    strategies: [
      { name: `budget of ${100 * CNN_SHARE} %`, policy: (plainBytes) => budget(Math.floor(CNN_SHARE * plainBytes)) },
    ],
  },
]

/** What is left of 4 GiB beside the variables of GPT-2 small and those of AdamW, with room to spare. */
const LARGE_BYTES = 1.2e9

/** GPT-2 small: minutes, and 3 GB. It runs where it is asked for by name. */
export const large: Case = {
  id: 'gpt-2 small',
  model: () => transformer({ blocks: 12, features: 768, heads: 12, tokens: 256, batch: 4, vocabulary: 50_257 }),
  strategies: [{ name: `budget of ${LARGE_BYTES / 1e9} GB`, policy: () => budget(LARGE_BYTES) }],
}
