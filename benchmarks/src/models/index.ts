import type { ModelName } from '../workload.ts'
import { cnn } from './cnn.ts'
import { createGpt, gptLargeSizes, gptSizes } from './gpt.ts'
import { mlp } from './mlp.ts'
import type { Model } from './model.ts'

export const models: Readonly<Record<ModelName, Model>> = {
  mlp,
  cnn,
  gpt: createGpt(gptSizes),
  'gpt-large': createGpt(gptLargeSizes),
}
export const batchOf = { mlp: 64, cnn: 32, gpt: 8, 'gpt-large': 4 } as const
/** Adam's settings, the same everywhere. */
export const adamSettings = { beta1: 0.9, beta2: 0.999, eps: 1e-8 } as const
/** Forward, gradient to the inputs and gradient to the weights are as much work each, as far as products go. */
export const trainingFlops = (name: ModelName, batch: number): number =>
  3 * models[name].forwardFlops(batch) - models[name].firstFlops(batch)
