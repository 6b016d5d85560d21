// Trains a GPT on long stretches of a text, in memory that the plain step does not fit in: without a policy it fails, and
// the error says which one to take.
import { cpu } from '@gradloom/backend-cpu'
import { add, createRuntime, type Context, type OutOfMemoryError, type Tensor } from '@gradloom/core'
import { batches } from '@gradloom/io'
import { layers, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { createRng } from '@gradloom/ops'
import { adamw } from '@gradloom/optim'
import { createProgress, readFlags, readText, windows } from 'gradloom-example-shared'
import { policyOf } from './policy.ts'

const MB = 1e6
const flags = readFlags(process.argv.slice(2), 'Trains a GPT on long stretches of the book of Genesis.', {
  steps: { default: 100, low: 1, about: 'training steps' },
  batch: { default: 16, low: 1, about: 'stretches of text a step' },
  length: { default: 512, low: 1, about: 'characters of a stretch' },
  features: { default: 64, low: 4, about: 'width of the network, a multiple of 4' },
  blocks: { default: 8, low: 1, about: 'transformer blocks' },
  'learning-rate': { default: 0.003, fraction: true, about: 'of AdamW' },
  seed: { default: 0, about: 'of the initial weights and the order of examples' },
  memory: { default: 256, low: 1, about: 'megabytes that training may take' },
  policy: {
    default: 'none',
    about: 'what is computed again: budget:BYTES, everyN:N, revolve:N, sqrt, saveContractions',
  },
})
const { steps, batch: size, length, features, seed } = flags
const rematerialise = policyOf(flags.policy)
const text = await readText()
const characters = text.vocabulary.length

const runtime = createRuntime({ backends: [cpu({ memoryLimit: flags.memory * MB })] })
const variables = runtime.variables()
const rng = createRng(seed)
/** Adds a vector for each place. */
const positions: layers.Layer<{ table: Tensor }> = {
  init: () => ({ table: rng.normal([length, features], { std: 0.1 }) }),
  apply: ({ table }, x) => add(x, table),
}
const block = () => layers.transformerBlock(features, { heads: 4, causal: true })
const model = layers.sequential(
  layers.embedding(characters, features, { std: 0.1 }),
  positions,
  ...Array.from({ length: flags.blocks }, block),
  layers.layerNorm(features),
  layers.linear(features, characters),
)
const initial = model.init(rng)
layers.setVariables(variables, initial)

const lossOf = (ctx: Context): Tensor => {
  const scores = model.apply(layers.getVariables(ctx, initial), ctx.placeholder('inputs', [-1, length], 'int32'))
  return sparseSoftmaxCrossEntropy(scores, ctx.placeholder('targets', [-1, length], 'int32'), { reduction: 'mean' })
}
const step = variables.compile(
  (ctx) => {
    const loss = lossOf(ctx)
    return { loss, train: adamw({ learningRate: flags['learning-rate'] }).minimize(loss, ctx.variables()) }
  },
  { rematerialise },
)

const megabytes = (bytes: number): string => `${(bytes / MB).toFixed(1)} MB`

/** Trains; the last loss, and bytes of activations with the policy and without. */
async function train(): Promise<{ loss: number; arenaBytes: number; plainArenaBytes: number }> {
  const progress = createProgress({ stepsPerEpoch: steps, batch: size, stepsPerLine: 10 })
  let loss = NaN
  let done = 0
  for (let epoch = 0; done < steps; epoch++) {
    for await (const { inputs, targets } of batches(windows(text.ids, length), { size, shuffle: true, seed, epoch })) {
      loss = (await step({ inputs, targets })).loss.item()
      progress.step(loss)
      if (++done < steps) continue
      progress.stop()
      const { arenaBytes, plainArenaBytes = arenaBytes } = await step.plan({ inputs, targets })
      return { loss, arenaBytes, plainArenaBytes }
    }
  }
  throw new Error(`--batch: ${size} stretches required, got a text with fewer`)
}

try {
  const { loss, arenaBytes, plainArenaBytes } = await train()
  console.log(
    `loss ${loss.toFixed(3)} nats a character; activations take ${megabytes(arenaBytes)}, ` +
      `without recomputation ${megabytes(plainArenaBytes)}`,
  )
} catch (error) {
  if ((error as Partial<OutOfMemoryError>).code !== 'OUT_OF_MEMORY') throw error
  console.error(`${(error as Error).message}; here that is --policy budget:BYTES`)
  process.exitCode = 1
} finally {
  await runtime.close()
}
