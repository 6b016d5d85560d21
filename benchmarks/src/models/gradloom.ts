import { add, matmul, reshape, type Tensor } from '@gradloom/core'
import {
  embedding,
  gelu,
  layerNorm,
  layers,
  maxPool2d,
  multiHeadAttention,
  relu,
  sparseSoftmaxCrossEntropy,
} from '@gradloom/nn'
import type { ModelName } from '../workload.ts'
import { cnnFeatures, cnnSizes } from './cnn.ts'
import { gptLargeSizes, gptSizes, type GptSizes } from './gpt.ts'

type Variables = (name: string) => Tensor
/** The mean loss of a batch. */
export type Loss = (p: Variables, x: Tensor, y: Tensor) => Tensor

const crossEntropy = (scores: Tensor, labels: Tensor): Tensor =>
  sparseSoftmaxCrossEntropy(scores, labels, { reduction: 'mean' })

const mlp: Loss = (p, x, y) => {
  const h = relu(add(matmul(x, p('w1')), p('b1')))
  return crossEntropy(add(matmul(h, p('w2')), p('b2')), y)
}

const {
  kernel,
  channels: [first, second],
  classes,
} = cnnSizes
const convolution = { kernelSize: kernel, padding: 'same' } as const
const pool = (t: Tensor): Tensor => maxPool2d(t, { kernelSize: 2 })
const flat = (t: Tensor): Tensor => reshape(t, [t.shape[0], -1])
const cnnLayers = layers.sequential(
  layers.conv2d(1, first, convolution),
  relu,
  pool,
  layers.conv2d(first, second, convolution),
  relu,
  pool,
  flat,
  layers.linear(cnnFeatures, classes),
)
const cnn: Loss = (p, x, y) =>
  crossEntropy(
    cnnLayers.apply(
      {
        0: { weight: p('k1'), bias: p('b1') },
        3: { weight: p('k2'), bias: p('b2') },
        7: { weight: p('w'), bias: p('b') },
      },
      x,
    ),
    y,
  )

const gptOf =
  ({ layers: blocks, heads }: GptSizes): Loss =>
  (p, x, y) => {
    const linear = (t: Tensor, name: string): Tensor => add(matmul(t, p(`${name}.weight`)), p(`${name}.bias`))
    const norm = (t: Tensor, name: string): Tensor =>
      layerNorm(t, { scale: p(`${name}.scale`), bias: p(`${name}.bias`) })
    let h = add(embedding(p('token'), x), p('position'))
    for (let i = 0; i < blocks; i++) {
      const of = (part: string): Tensor => p(`${i}.${part}`)
      h = add(
        h,
        multiHeadAttention(
          norm(h, `${i}.norm1`),
          {
            query: of('query.weight'),
            key: of('key.weight'),
            value: of('value.weight'),
            output: of('output.weight'),
            queryBias: of('query.bias'),
            keyBias: of('key.bias'),
            valueBias: of('value.bias'),
            outputBias: of('output.bias'),
          },
          { heads, causal: true },
        ),
      )
      h = add(h, linear(gelu(linear(norm(h, `${i}.norm2`), `${i}.expand`), { approximate: 'tanh' }), `${i}.contract`))
    }
    return crossEntropy(linear(norm(h, 'norm'), 'head'), y)
  }

export const losses: Readonly<Record<ModelName, Loss>> = {
  mlp,
  cnn,
  gpt: gptOf(gptSizes),
  'gpt-large': gptOf(gptLargeSizes),
}
