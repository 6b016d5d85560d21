// Trains a classifier of handwritten digits: 28 x 28 pixels, one hidden layer of ReLUs, ten classes.
import {
  argMax,
  cast,
  createRuntime,
  equal,
  matmul,
  mean,
  reshape,
  scope,
  zeros,
  type Context,
  type Tensor,
} from '@gradloom/core'
import { createRng } from '@gradloom/ops'
import { batches } from '@gradloom/io'
import { loadSafetensors, saveSafetensors } from '@gradloom/io/node'
import { relu, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { adam, cosine } from '@gradloom/optim'
import { createProgress, readMnist } from 'gradloom-example-shared'
import { readFlags } from './flags.ts'

const flags = readFlags(process.argv.slice(2))
const { epochs, batch: size, seed } = flags
const [train, test] = await Promise.all([readMnist('train', flags.examples), readMnist('t10k', flags.examples)])

const runtime = createRuntime({ backends: flags.backends })
const variables = runtime.variables()
const rng = createRng(seed)
const hidden = variables.namespace('hidden')
const output = variables.namespace('output')
hidden.name('weight').set(rng.heUniform([784, flags.hidden]))
hidden.name('bias').set(zeros([flags.hidden]))
output.name('weight').set(rng.glorotUniform([flags.hidden, 10]))
output.name('bias').set(zeros([10]))

/** Images and labels of any number of examples, and the scores [examples, 10] that the network gives the classes. */
function network(ctx: Context): { scores: Tensor; labels: Tensor } {
  const images = ctx.placeholder('images', [-1, 28, 28])
  const labels = ctx.placeholder('labels', [-1], 'int32')
  const layer = (x: Tensor, name: string): Tensor =>
    scope(name, () => matmul(x, ctx.variable(`${name}/weight`)).add(ctx.variable(`${name}/bias`)))
  const h = relu(layer(reshape(images, [-1, 784]), 'hidden'))
  return { scores: layer(h, 'output'), labels }
}

const parameters = variables.variableNames()
if (flags.load) variables.load((await loadSafetensors(flags.load)).tensors)

const stepsPerEpoch = Math.ceil(train.images.shape[0] / size)
// Falling along half a cosine to 0: the last steps settle.
const learningRate = cosine(flags['learning-rate'], { steps: Math.max(1, epochs * stepsPerEpoch) })
// Forward pass, backward pass and Adam's update are one plan, compiled at the first call.
const step = variables.compile((ctx) => {
  const { scores, labels } = network(ctx)
  const loss = sparseSoftmaxCrossEntropy(scores, labels, { reduction: 'mean' })
  return { loss, train: adam({ learningRate }).minimize(loss, ctx.variables()) }
})
const evaluate = variables.compile((ctx) => {
  const { scores, labels } = network(ctx)
  return { accuracy: mean(cast(equal(argMax(scores, { axis: 1 }), labels), 'float32')) }
})

const progress = createProgress({ epochs, stepsPerEpoch, batch: size })
for (let epoch = 0; epoch < epochs; epoch++) {
  for await (const { images, labels } of batches(train, { size, shuffle: true, seed, epoch })) {
    const { loss } = await step({ images, labels })
    progress.step(loss.item())
  }
}
progress.stop()

// The optimizer keeps variables of its own beside the parameters; the network is the parameters alone.
const trained = [...(await variables.save())].filter(([name]) => parameters.includes(name))
if (epochs > 0) await saveSafetensors(flags.save, new Map(trained))
const { accuracy } = await evaluate({ images: test.images, labels: test.labels })
console.log(`test accuracy ${(100 * accuracy.item()).toFixed(2)} %`)
await runtime.close()
