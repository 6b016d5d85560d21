// Trains a small GPT to predict the next character of a text, measures it on the text's end, and lets it write.
import { add, argMax, createRuntime, div, log, neg, slice, type Context, type Tensor } from '@gradloom/core'
import { createRng } from '@gradloom/ops'
import { batches } from '@gradloom/io'
import { loadSafetensors, saveSafetensors } from '@gradloom/io/node'
import { layers, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { adamw, cosine, warmup } from '@gradloom/optim'
import { BACKEND_FLAG, backendsOf, createProgress, readFlags, readText, windows } from 'gradloom-example-shared'

const flags = readFlags(process.argv.slice(2), 'Trains a small GPT on the book of Genesis, character by character.', {
  steps: { default: 2500, about: 'training steps; 0 only measures the loss' },
  batch: { default: 32, low: 1, about: 'stretches of text a step' },
  length: { default: 64, low: 1, about: 'characters of a stretch' },
  features: { default: 64, low: 4, about: 'width of the network, a multiple of 4' },
  blocks: { default: 2, low: 1, about: 'transformer blocks' },
  'learning-rate': {
    default: 0.004,
    fraction: true,
    about: 'of AdamW at its highest; it rises at first, and falls to 0',
  },
  seed: { default: 0, about: 'of the initial weights, the order of examples and what is written' },
  write: { default: 400, about: 'characters to write' },
  temperature: { default: 0.7, fraction: true, about: 'of what is written: lower is safer' },
  backend: BACKEND_FLAG,
  save: { default: undefined, about: 'file for the trained variables' },
  load: { default: undefined, about: 'file of variables to start from' },
})
const { steps, batch: size, length, features, seed } = flags
const text = await readText()
const characters = text.vocabulary.length
const split = Math.floor(0.9 * text.ids.length)
const train = text.ids.subarray(0, split)
const test = text.ids.subarray(split)

const runtime = createRuntime({ backends: backendsOf(flags.backend) })
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
const parameters = variables.variableNames()
if (flags.load) variables.load((await loadSafetensors(flags.load)).tensors)

/** How each character of a vocabulary scores as the next one, after every character: [n, length, characters]. */
const network = (ctx: Context): Tensor =>
  model.apply(layers.getVariables(ctx, initial), ctx.placeholder('inputs', [-1, length], 'int32'))
const lossOf = (ctx: Context): Tensor =>
  sparseSoftmaxCrossEntropy(network(ctx), ctx.placeholder('targets', [-1, length], 'int32'), { reduction: 'mean' })

const rise = Math.max(1, Math.ceil(steps / 15))
const learningRate = warmup(rise, cosine(flags['learning-rate'], { steps: Math.max(1, steps - rise) }))
const step = variables.compile((ctx) => {
  const loss = lossOf(ctx)
  return { loss, train: adamw({ learningRate }).minimize(loss, ctx.variables()) }
})
const evaluate = variables.compile((ctx) => ({ loss: lossOf(ctx) }))
// The largest of scores with Gumbel noise is a draw from their softmax.
const draw = variables.compile((ctx) => {
  const scores = slice(network(ctx), [null, -1])
  const noise = neg(log(neg(log(rng.uniform(scores)))))
  return { next: argMax(add(div(scores, Math.max(flags.temperature, 1e-6)), noise), { axis: -1 }) }
})

const progress = createProgress({ stepsPerEpoch: steps, batch: size })
let done = 0
for (let epoch = 0; done < steps; epoch++) {
  for await (const { inputs, targets } of batches(windows(train, length), { size, shuffle: true, seed, epoch })) {
    progress.step((await step({ inputs, targets })).loss.item())
    if (++done === steps) break
  }
}
progress.stop()
if (flags.save)
  await saveSafetensors(
    flags.save,
    new Map([...(await variables.save())].filter(([name]) => parameters.includes(name))),
  )

const written = [...test.subarray(0, length)]
for (let i = 0; i < flags.write; i++) written.push((await draw({ inputs: [written.slice(-length)] })).next.item())
if (flags.write) console.log(`${text.decode(written.slice(0, length))}|${text.decode(written.slice(length))}`)

let total = 0
let count = 0
for await (const { inputs, targets } of batches(windows(test, length), { size: 64, shuffle: true })) {
  total += (await evaluate({ inputs, targets })).loss.item()
  if (++count === 20) break
}
console.log(`test loss ${(total / count).toFixed(3)} nats a character`)
await runtime.close()
