// Trains a convolutional network on handwritten digits: twice convolution, ReLU and pooling, then a dense layer with
// dropout.
import {
  argMax,
  cast,
  createRuntime,
  equal,
  hostArray,
  reshape,
  sum,
  type HostArray,
  type Tensor,
} from '@gradloom/core'
import { createRng } from '@gradloom/ops'
import { batches } from '@gradloom/io'
import { loadSafetensors, saveSafetensors } from '@gradloom/io/node'
import { layers, maxPool2d, model, relu, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { adam, cosine } from '@gradloom/optim'
import { BACKEND_FLAG, backendsOf, createProgress, readFlags, readMnist } from 'gradloom-example-shared'

const flags = readFlags(process.argv.slice(2), 'Trains a convolutional network on MNIST.', {
  epochs: { default: 3, about: 'passes over the training examples; 0 only measures the accuracy' },
  batch: { default: 64, low: 1, about: 'examples a step' },
  'learning-rate': { default: 0.003, fraction: true, about: 'of Adam at the start; it falls to 0' },
  seed: { default: 0, about: 'of the initial weights, the order of examples and dropout' },
  channels: { default: 16, low: 1, about: 'of the first convolution; the second has twice as many' },
  examples: { default: 60000, low: 1, about: 'takes at most so many of the training and of the test examples' },
  backend: BACKEND_FLAG,
  save: { default: undefined, about: 'file for the trained variables' },
  load: { default: undefined, about: 'file of variables to start from' },
})
const { epochs, batch: size, seed, channels } = flags
/** Labels, and images [n, 1, 28, 28]. */
async function read(part: 'train' | 't10k'): Promise<{ images: HostArray; labels: HostArray }> {
  const { images, labels } = await readMnist(part, flags.examples)
  return { images: hostArray(images.data, [labels.shape[0], 1, 28, 28]), labels }
}
const [train, test] = await Promise.all([read('train'), read('t10k')])

const runtime = createRuntime({ backends: backendsOf(flags.backend) })
const variables = runtime.variables()
const pool = (x: Tensor): Tensor => maxPool2d(x, { kernelSize: 2 })
// [n, 1, 28, 28] becomes [n, channels, 14, 14], then [n, 2 channels, 7, 7].
const network = layers.sequential(
  layers.conv2d(1, channels, { kernelSize: 5, padding: 2 }),
  relu,
  pool,
  layers.conv2d(channels, 2 * channels, { kernelSize: 5, padding: 2 }),
  relu,
  pool,
  (x) => reshape(x, [-1, 98 * channels]),
  layers.linear(98 * channels, 128),
  relu,
  layers.dropout(0.5),
  layers.linear(128, 10),
)
const net = model(variables, network, createRng(seed))
if (flags.load) net.load((await loadSafetensors(flags.load)).tensors)

const stepsPerEpoch = Math.ceil(train.images.shape[0] / size)
const learningRate = cosine(flags['learning-rate'], { steps: Math.max(1, epochs * stepsPerEpoch) })
const step = net.compile({
  loss: (scores, labels) => sparseSoftmaxCrossEntropy(scores, labels, { reduction: 'mean' }),
  optimizer: adam({ learningRate }),
})
const evaluate = variables.compile((ctx) => {
  const scores = net.apply(ctx.placeholder('images', [-1, 1, 28, 28]))
  const labels = ctx.placeholder('labels', [-1], 'int32')
  return { correct: sum(cast(equal(argMax(scores, { axis: 1 }), labels), 'int32')) }
})

const progress = createProgress({ epochs, stepsPerEpoch, batch: size })
for (let epoch = 0; epoch < epochs; epoch++) {
  for await (const { images, labels } of batches(train, { size, shuffle: true, seed, epoch })) {
    progress.step(await step(images, labels))
  }
}
progress.stop()

if (flags.save) await saveSafetensors(flags.save, await net.save())
let correct = 0
for await (const { images, labels } of batches(test, { size: 500 }))
  correct += (await evaluate({ images, labels })).correct.item()
console.log(`test accuracy ${((100 * correct) / test.labels.shape[0]).toFixed(2)} %`)
await runtime.close()
