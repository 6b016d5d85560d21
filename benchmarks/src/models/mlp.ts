import { glorot, type Model } from './model.ts'

export const mlpSizes = { inputs: 784, hidden: 128, classes: 10 } as const
const { inputs, hidden, classes } = mlpSizes

/** relu(x w1 + b1) w2 + b2, cross-entropy averaged over the batch. */
export const mlp: Model = {
  parameters: [
    { name: 'w1', shape: [inputs, hidden], bound: glorot(inputs, hidden) },
    { name: 'b1', shape: [hidden], bound: 0.01 },
    { name: 'w2', shape: [hidden, classes], bound: glorot(hidden, classes) },
    { name: 'b2', shape: [classes], bound: 0.01 },
  ],
  batch: (size) => [
    { name: 'x', shape: [size, inputs] },
    { name: 'y', shape: [size], below: classes },
  ],
  forwardFlops: (size) => 2 * size * (inputs * hidden + hidden * classes),
  firstFlops: (size) => 2 * size * inputs * hidden,
  learningRate: { sgd: 0.01, adam: 1e-4 },
}
