import { lax, nn, numpy as np, type Array as JaxArray } from '@jax-js/jax'
import type { ModelName } from '../workload.ts'
import { gptLargeSizes, gptSizes, type GptSizes } from './gpt.ts'

export type JaxParameters = Record<string, JaxArray>
/** Owns all its arguments, and uses each once at least. */
type Loss = (p: JaxParameters, x: JaxArray, y: JaxArray) => JaxArray

const crossEntropy = (scores: JaxArray, labels: JaxArray): JaxArray => {
  const classes = scores.shape[scores.ndim - 1]
  return np.negative(np.mean(np.sum(nn.oneHot(labels, classes).mul(nn.logSoftmax(scores, -1)), -1)))
}

const mlp: Loss = (p, x, y) => {
  const h = nn.relu(np.matmul(x, p['w1']).add(p['b1']))
  return crossEntropy(np.matmul(h, p['w2']).add(p['b2']), y)
}

const cnn: Loss = (p, x, y) => {
  const layer = (t: JaxArray, i: number): JaxArray => {
    const bias = p[`b${i}`]
    const conv = nn.relu(lax.conv(t, p[`k${i}`], [1, 1], 'SAME').add(bias.reshape([1, bias.shape[0], 1, 1])))
    const [batch, channels, height, width] = conv.shape
    return np.max(conv.reshape([batch, channels, height / 2, 2, width / 2, 2]), [3, 5])
  }
  const h = layer(layer(x, 1), 2)
  return crossEntropy(np.matmul(h.reshape([h.shape[0], -1]), p['w']).add(p['b']), y)
}

const gptOf =
  ({ width, heads, layers, tokens, vocabulary }: GptSizes): Loss =>
  (p, x, y) => {
    const batch = x.shape[0]
    const rows = batch * tokens
    const linear = (t: JaxArray, name: string): JaxArray => np.matmul(t, p[`${name}.weight`]).add(p[`${name}.bias`])
    const norm = (t: JaxArray, name: string): JaxArray =>
      nn.standardize(t, -1, { epsilon: 1e-5 }).mul(p[`${name}.scale`]).add(p[`${name}.bias`])
    const attention = (t: JaxArray, i: number): JaxArray => {
      const [q, k, v] = ['query', 'key', 'value'].map((part) =>
        linear(t.ref, `${i}.${part}`).reshape([batch, tokens, heads, width / heads]),
      )
      t.dispose()
      return linear(nn.dotProductAttention(q, k, v, { isCausal: true }).reshape([rows, width]), `${i}.output`)
    }
    // A product with one-hot rows, as its gather has no gradient that is a product.
    const token = np.matmul(nn.oneHot(x.reshape([rows]), vocabulary), p['token'])
    let h = token.reshape([batch, tokens, width]).add(p['position']).reshape([rows, width])
    for (let i = 0; i < layers; i++) {
      h = h.ref.add(attention(norm(h, `${i}.norm1`), i))
      h = h.ref.add(
        linear(nn.gelu(linear(norm(h, `${i}.norm2`), `${i}.expand`), { approximate: true }), `${i}.contract`),
      )
    }
    return crossEntropy(linear(norm(h, 'norm'), 'head'), y.reshape([rows]))
  }

export const losses: Readonly<Record<ModelName, Loss>> = {
  mlp,
  cnn,
  gpt: gptOf(gptSizes),
  'gpt-large': gptOf(gptLargeSizes),
}
