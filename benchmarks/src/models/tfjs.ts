import * as tf from '@tensorflow/tfjs-core'
import type { ModelName } from '../workload.ts'
import { cnnSizes } from './cnn.ts'
import { gptLargeSizes, gptSizes, type GptSizes } from './gpt.ts'
import { mlpSizes } from './mlp.ts'

type Loss = (p: (name: string) => tf.Tensor, x: tf.Tensor, y: tf.Tensor) => tf.Scalar

/** -log softmax(scores)[label], averaged. */
const crossEntropy = (scores: tf.Tensor, labels: tf.Tensor, classes: number): tf.Scalar =>
  tf.neg(tf.mean(tf.sum(tf.mul(tf.oneHot(labels as tf.Tensor1D, classes), tf.logSoftmax(scores)), -1)))

const mlp: Loss = (p, x, y) => {
  const h = tf.relu(tf.add(tf.matMul(x, p('w1')), p('b1')))
  return crossEntropy(tf.add(tf.matMul(h, p('w2')), p('b2')), y, mlpSizes.classes)
}

/** The backend has channels last only, so that kernels are turned, and the dense layer's input is turned back. */
const cnn: Loss = (p, x, y) => {
  const layer = (t: tf.Tensor, i: number): tf.Tensor => {
    const kernel = tf.transpose(p(`k${i}`), [2, 3, 1, 0])
    const conv = tf.add(tf.conv2d(t as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same'), p(`b${i}`))
    return tf.maxPool(tf.relu(conv) as tf.Tensor4D, 2, 2, 'valid')
  }
  const h = layer(layer(tf.reshape(x, [-1, cnnSizes.image, cnnSizes.image, 1]), 1), 2)
  return crossEntropy(
    tf.add(tf.matMul(tf.reshape(tf.transpose(h, [0, 3, 1, 2]), [x.shape[0], -1]), p('w')), p('b')),
    y,
    cnnSizes.classes,
  )
}

const gptOf =
  ({ width, heads, layers, tokens, vocabulary }: GptSizes): Loss =>
  (p, x, y) => {
    const rows = x.size
    const batch = x.shape[0]
    const linear = (t: tf.Tensor, name: string): tf.Tensor =>
      tf.add(tf.matMul(t, p(`${name}.weight`)), p(`${name}.bias`))
    const norm = (t: tf.Tensor, name: string): tf.Tensor => {
      const { mean, variance } = tf.moments(t, -1, true)
      return tf.add(
        tf.mul(tf.mul(tf.sub(t, mean), tf.rsqrt(tf.add(variance, 1e-5))), p(`${name}.scale`)),
        p(`${name}.bias`),
      )
    }
    const gelu = (t: tf.Tensor): tf.Tensor => {
      const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(t, tf.mul(0.044715, tf.mul(tf.mul(t, t), t))))
      return tf.mul(tf.mul(0.5, t), tf.add(tf.tanh(inner), 1))
    }
    const split = (t: tf.Tensor): tf.Tensor =>
      tf.transpose(tf.reshape(t, [batch, tokens, heads, width / heads]), [0, 2, 1, 3])
    const hidden = tf.tensor2d(
      Array.from({ length: tokens }, (_, i) => Array.from({ length: tokens }, (_, j) => (j > i ? -1e9 : 0))),
    )
    const attention = (t: tf.Tensor, i: number): tf.Tensor => {
      const [q, k, v] = ['query', 'key', 'value'].map((part) => split(linear(t, `${i}.${part}`)))
      const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(width / heads)), hidden)
      return linear(
        tf.reshape(tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]), [rows, width]),
        `${i}.output`,
      )
    }
    // The backend lacks the kernel of gather's gradient; a product with one-hot rows has one.
    const token = tf.matMul(tf.cast(tf.oneHot(tf.reshape(x, [rows]) as tf.Tensor1D, vocabulary), 'float32'), p('token'))
    let h: tf.Tensor = tf.reshape(tf.add(tf.reshape(token, [batch, tokens, width]), p('position')), [rows, width])
    for (let i = 0; i < layers; i++) {
      h = tf.add(h, attention(norm(h, `${i}.norm1`), i))
      h = tf.add(h, linear(gelu(linear(norm(h, `${i}.norm2`), `${i}.expand`)), `${i}.contract`))
    }
    return crossEntropy(linear(norm(h, 'norm'), 'head'), tf.reshape(y, [rows]), vocabulary)
  }

export const losses: Readonly<Record<ModelName, Loss>> = {
  mlp,
  cnn,
  gpt: gptOf(gptSizes),
  'gpt-large': gptOf(gptLargeSizes),
}
