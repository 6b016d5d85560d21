// Trains an LSTM to predict the next character of a text, measures it on the text's end, and lets it write.
import { cpu } from '@gradloom/backend-cpu'
import { add, argMax, createRuntime, div, log, neg, type Context, type HostArray, type Tensor } from '@gradloom/core'
import { createRng } from '@gradloom/ops'
import { batches } from '@gradloom/io'
import { loadSafetensors, saveSafetensors } from '@gradloom/io/node'
import { layers, lstm, sparseSoftmaxCrossEntropy, type LstmState } from '@gradloom/nn'
import { adam, chain, clipByGlobalNorm, cosine } from '@gradloom/optim'
import { createProgress, readFlags, readText, windows } from 'gradloom-example-shared'

const flags = readFlags(process.argv.slice(2), 'Trains an LSTM on the book of Genesis, character by character.', {
  steps: { default: 2500, about: 'training steps; 0 only measures the loss' },
  batch: { default: 32, low: 1, about: 'stretches of text a step' },
  length: { default: 64, low: 1, about: 'characters of a stretch' },
  hidden: { default: 128, low: 1, about: 'units of the LSTM' },
  'learning-rate': { default: 0.01, fraction: true, about: 'of Adam at the start; it falls to 0' },
  seed: { default: 0, about: 'of the initial weights, the order of examples and what is written' },
  write: { default: 400, about: 'characters to write' },
  temperature: { default: 0.7, fraction: true, about: 'of what is written: lower is safer' },
  save: { default: undefined, about: 'file for the trained variables' },
  load: { default: undefined, about: 'file of variables to start from' },
})
const { steps, batch: size, length, hidden, seed } = flags
const text = await readText()
const characters = text.vocabulary.length
const split = Math.floor(0.9 * text.ids.length)
const train = text.ids.subarray(0, split)
const test = text.ids.subarray(split)

const runtime = createRuntime({ backends: [cpu()] })
const variables = runtime.variables()
const rng = createRng(seed)
const embedding = layers.embedding(characters, 32)
const output = layers.linear(hidden, characters)
const initial = { embedding: embedding.init(rng), lstm: layers.lstm(32, hidden).init(rng), output: output.init(rng) }
layers.setVariables(variables, initial)
const parameters = variables.variableNames()
if (flags.load) variables.load((await loadSafetensors(flags.load)).tensors)

/** How each character of the vocabulary scores as the next one, after every character: [n, time, characters]; and what
 * the LSTM remembers at the end. It starts from `state`, or from nothing. */
function network(ctx: Context, state?: LstmState): { scores: Tensor; h: Tensor; c: Tensor } {
  const p = layers.getVariables(ctx, initial)
  const {
    output: y,
    h,
    c,
  } = lstm(embedding.apply(p.embedding, ctx.placeholder('inputs', [-1, -1], 'int32')), p.lstm, state)
  return { scores: output.apply(p.output, y), h, c }
}
const lossOf = (ctx: Context): Tensor =>
  sparseSoftmaxCrossEntropy(network(ctx).scores, ctx.placeholder('targets', [-1, -1], 'int32'), { reduction: 'mean' })

const learningRate = cosine(flags['learning-rate'], { steps: Math.max(1, steps) })
const step = variables.compile((ctx) => {
  const loss = lossOf(ctx)
  return { loss, train: chain(clipByGlobalNorm(1), adam({ learningRate })).minimize(loss, ctx.variables()) }
})
const evaluate = variables.compile((ctx) => ({ loss: lossOf(ctx) }))
// One character at a time: what was read before is in h and c. The largest of scores with Gumbel noise is a draw from
// their softmax.
const read = variables.compile((ctx) => {
  const { scores, h, c } = network(ctx, { h: ctx.placeholder('h', [1, hidden]), c: ctx.placeholder('c', [1, hidden]) })
  const noise = neg(log(neg(log(rng.uniform(scores)))))
  return { next: argMax(add(div(scores, Math.max(flags.temperature, 1e-6)), noise), { axis: -1 }), h, c }
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
const nothing = [new Array<number>(hidden).fill(0)]
let memory: { h: HostArray | number[][]; c: HostArray | number[][] } = { h: nothing, c: nothing }
for (let i = 0; i < length + flags.write - 1; i++) {
  const { next, h, c } = await read({ inputs: [[written[i]]], ...memory })
  memory = { h, c }
  if (i >= length - 1) written.push(next.item())
}
if (flags.write) console.log(`${text.decode(written.slice(0, length))}|${text.decode(written.slice(length))}`)

let total = 0
let count = 0
for await (const { inputs, targets } of batches(windows(test, length), { size: 64, shuffle: true })) {
  total += (await evaluate({ inputs, targets })).loss.item()
  if (++count === 20) break
}
console.log(`test loss ${(total / count).toFixed(3)} nats a character`)
await runtime.close()
