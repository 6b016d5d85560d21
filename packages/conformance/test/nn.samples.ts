/* oxlint-disable import/namespace -- the linter looks for built files, which need not be there */
import * as n from '@gradloom/nn'
import { mul, sub, type Tensor } from '@gradloom/core'
import { createRng } from '@gradloom/ops'
import { bools, exact, floats, ints, positive, sample, signed, type Sample } from '../src/index.ts'

const smooth = {
  elu: n.elu,
  gelu: n.gelu,
  glu: (x: Tensor) => n.glu(x),
  hardSigmoid: n.hardSigmoid,
  hardSwish: n.hardSwish,
  hardTanh: n.hardTanh,
  leakyRelu: n.leakyRelu,
  logSigmoid: n.logSigmoid,
  logSoftmax: n.logSoftmax,
  mish: n.mish,
  relu: n.relu,
  relu6: n.relu6,
  selu: n.selu,
  silu: n.silu,
  softmax: n.softmax,
  softplus: n.softplus,
  softsign: n.softsign,
} as const
const far = floats([-1000, -30, 0, 30, 1000])

/** Ops of nn: kinds of settings that golden values do not cover, and values far out. */
export const nnSamples: readonly Sample[] = [
  ...Object.entries(smooth).map(([op, fn]) =>
    sample(op, 'a matrix', [signed([2, 4])], (x) => (fn as (x: Tensor) => Tensor)(x)),
  ),
  sample('gelu', 'its tanh form', [signed([5])], (x) => n.gelu(x, { approximate: 'tanh' })),
  sample('softmax', 'another axis', [signed([3, 2, 2])], (x) => [
    n.softmax(x, { axis: 0 }),
    n.logSoftmax(x, { axis: 1 }),
  ]),
  exact('relu', 'far out and NaN', [far, floats([NaN])], (x, y) => [n.relu(x), n.relu(y)], [0, 0, 0, 30, 1000], [NaN]),
  exact('softplus', 'far out', [far], (x) => n.softplus(x), [0, Math.log1p(Math.exp(-30)), Math.LN2, 30, 1000]),
  exact('logSigmoid', 'far out', [far], (x) => n.logSigmoid(x), [-1000, -30, -Math.LN2, -Math.log1p(Math.exp(-30)), 0]),
  {
    ...exact('softplus', 'the gradient far out', [far], (x) => n.softplus(x)),
    want: undefined,
    wantGrads: [[0, 1 / (1 + Math.exp(30)), 0.5, 1, 1]],
  },
  exact('silu', 'far out', [far], (x) => n.silu(x), [0, -30 / (1 + Math.exp(30)), 0, 30, 1000]),
  exact('mish', 'far out', [far], (x) => n.mish(x), [0, -30 * Math.exp(-30), 0, 30, 1000]),
  exact(
    'softmax',
    'far out',
    [
      floats([
        [1000, 1000, -1000],
        [-1000, 0, 1000],
      ]),
    ],
    (x) => [n.softmax(x), n.logSoftmax(x)],
    [
      [0.5, 0.5, 0],
      [0, 0, 1],
    ],
    [
      [-Math.LN2, -Math.LN2, -2000 - Math.LN2],
      [-2000, -1000, 0],
    ],
  ),
  {
    ...exact('relu', 'the gradient at 0 is 0', [floats([-1, 0, 2])], (x) => n.relu(x), [0, 0, 2]),
    wantGrads: [[0, 0, 1]],
  },

  sample(
    'sparseSoftmaxCrossEntropy',
    'labels, smoothing, weights, ignored',
    [signed([4, 3]), ints([2, 0, -100, 1])],
    (x, y) => [
      n.sparseSoftmaxCrossEntropy(x, y, { ignoreIndex: -100 }),
      n.sparseSoftmaxCrossEntropy(x, y, {
        ignoreIndex: -100,
        labelSmoothing: 0.2,
        weight: [0.5, 1, 2],
        reduction: 'mean',
      }),
    ],
  ),
  sample(
    'sparseSoftmaxCrossEntropy',
    'another axis, and a sum',
    [
      signed([2, 3, 2]),
      ints([
        [2, 0],
        [1, 1],
      ]),
    ],
    (x, y) => n.sparseSoftmaxCrossEntropy(x, y, { axis: 1, reduction: 'sum' }),
  ),
  exact(
    'sparseSoftmaxCrossEntropy',
    'far out',
    [
      floats([
        [1000, -1000],
        [-1000, 1000],
      ]),
      ints([0, 0]),
    ],
    (x, y) => n.sparseSoftmaxCrossEntropy(x, y),
    [0, 2000],
  ),
  sample('softmaxCrossEntropy', 'both sides differentiate', [signed([2, 3]), positive([2, 3])], (x, p) =>
    n.softmaxCrossEntropy(x, mul(p, 0.3)),
  ),
  sample('sigmoidCrossEntropy', 'both sides differentiate', [signed([2, 3]), positive([2, 3])], (x, p) =>
    n.sigmoidCrossEntropy(x, mul(p, 0.3)),
  ),
  exact(
    'sigmoidCrossEntropy',
    'far out',
    [floats([1000, -1000, 1000]), floats([1, 0, 0])],
    (x, y) => n.sigmoidCrossEntropy(x, y),
    [0, 0, 1000],
  ),
  sample('mseLoss', 'and its like', [signed([2, 3]), signed([2, 3], 3)], (a, b) => [
    n.mseLoss(a, b),
    n.l1Loss(a, b),
    n.huberLoss(a, b, { delta: 0.7 }),
    n.mseLoss(a, b, { reduction: 'none' }),
  ]),
  sample('klDivergence', 'both sides differentiate', [signed([2, 3]), positive([2, 3])], (q, p) =>
    n.klDivergence(n.logSoftmax(q), p),
  ),
  sample('cosineSimilarity', 'each axis', [signed([2, 3]), signed([2, 3], 2)], (a, b) => [
    n.cosineSimilarity(a, b),
    n.cosineSimilarity(a, b, { axis: 0 }),
  ]),
  sample('hingeLoss', 'and triplets', [signed([4]), floats([1, -1, 1, -1])], (x, t) =>
    n.hingeLoss(x, t, { reduction: 'none' }),
  ),
  sample('tripletMarginLoss', 'distances', [signed([2, 3]), signed([2, 3], 1), signed([2, 3], 2)], (a, p, q) =>
    n.tripletMarginLoss(a, p, q, { margin: 2, reduction: 'none' }),
  ),

  sample('conv1d', 'stride, dilation, uneven size', [signed([1, 2, 7]), signed([2, 2, 3], 1)], (x, w) =>
    n.conv1d(x, w, { stride: 2, dilation: 2, padding: 1 }),
  ),
  sample(
    'conv2d',
    'uneven strides and padding',
    [signed([1, 2, 4, 3]), signed([2, 2, 3, 2], 1), signed([2], 2)],
    (x, w, b) => n.conv2d(x, w, { bias: b, stride: [2, 1], padding: [1, 0] }),
  ),
  sample('conv2d', 'groups and dilation', [signed([2, 2, 4, 3]), signed([4, 1, 2, 2], 1)], (x, w) =>
    n.conv2d(x, w, { groups: 2, dilation: [2, 1] }),
  ),
  sample('conv2d', "'same' with an even kernel", [signed([1, 1, 3, 4]), signed([1, 1, 2, 3], 1)], (x, w) =>
    n.conv2d(x, w, { padding: 'same' }),
  ),
  sample('conv2d', 'a stride that leaves elements out', [signed([1, 1, 5, 5]), signed([1, 1, 2, 2], 1)], (x, w) =>
    n.conv2d(x, w, { stride: 3 }),
  ),
  sample(
    'conv2d',
    'large enough for a fast kernel',
    [signed([2, 5, 13, 11]), signed([9, 5, 3, 3], 1)],
    (x, w) => n.conv2d(x, w, { padding: 1, stride: [1, 2] }),
    { large: true },
  ),
  sample('conv3d', 'uneven', [signed([1, 1, 2, 3, 2]), signed([2, 1, 2, 2, 1], 1)], (x, w) =>
    n.conv3d(x, w, { padding: [0, 1, 0] }),
  ),
  sample('convTranspose1d', 'stride and output padding', [signed([1, 2, 3]), signed([2, 1, 3], 1)], (x, w) =>
    n.convTranspose1d(x, w, { stride: 2, padding: 1, outputPadding: 1 }),
  ),
  sample('convTranspose2d', 'groups, dilation', [signed([1, 2, 2, 2]), signed([2, 1, 2, 3], 1)], (x, w) =>
    n.convTranspose2d(x, w, { groups: 2, stride: [2, 1], dilation: [1, 2] }),
  ),
  sample('maxPool2d', 'padding, dilation, overlap', [signed([1, 2, 5, 4])], (x) => [
    n.maxPool2d(x, { kernelSize: 2 }),
    n.maxPool2d(x, { kernelSize: 3, stride: 1, padding: 1 }),
    n.maxPool2d(x, { kernelSize: [2, 1], stride: 1, dilation: 2 }),
  ]),
  exact(
    'maxPool2d',
    'of negative numbers beside padding',
    [
      floats([
        [
          [
            [-1, -2],
            [-3, -4],
          ],
        ],
      ]),
    ],
    (x) => n.maxPool2d(x, { kernelSize: 2, padding: 1, stride: 2 }),
    [
      [
        [
          [-1, -2],
          [-3, -4],
        ],
      ],
    ],
  ),
  sample('avgPool2d', 'padding and overlap', [signed([1, 2, 4, 3])], (x) => [
    n.avgPool2d(x, { kernelSize: 2 }),
    n.avgPool2d(x, { kernelSize: 3, stride: [1, 2], padding: 1 }),
  ]),
  sample('adaptiveAvgPool2d', 'uneven windows', [signed([1, 1, 5, 4])], (x) => [
    n.adaptiveAvgPool2d(x, [2, 3]),
    n.globalAvgPool(x),
  ]),

  sample('batchNorm', 'training and inference', [signed([3, 2, 2]), signed([2], 1), positive([2], 2)], (x, b, s) => [
    n.batchNorm(x, { scale: s, bias: b, training: true }).output,
    n.batchNorm(x, { scale: s, bias: b, mean: [0.3, -0.2], variance: [1.2, 0.8] }).output,
  ]),
  sample('layerNorm', 'axes, scale and bias', [signed([2, 3, 2]), signed([2], 1)], (x, s) => [
    n.layerNorm(x, { scale: s, bias: s }),
    n.rmsNorm(x, { scale: s }),
    n.layerNorm(x, { axis: [1, 2] }),
  ]),
  sample('groupNorm', 'and instances', [signed([2, 4, 3]), signed([4], 1)], (x, s) => [
    n.groupNorm(x, { groups: 2, scale: s }),
    n.instanceNorm(x, { eps: 0.01 }),
  ]),
  sample(
    'scaledDotProductAttention',
    'masked, causal, scaled',
    [
      signed([2, 3, 2]),
      signed([2, 3, 2], 1),
      signed([2, 3, 2], 2),
      bools([
        [1, 0, 1],
        [1, 1, 0],
        [0, 1, 1],
      ]),
    ],
    (q, k, v, mask) => [
      n.scaledDotProductAttention(q, k, v, { mask }),
      n.scaledDotProductAttention(q, k, v, { causal: true, scale: 0.4 }),
    ],
  ),
  sample(
    'scaledDotProductAttention',
    'more keys than queries, batches that broadcast',
    [signed([2, 2, 3]), signed([4, 3], 1), signed([4, 2], 2)],
    (q, k, v) => n.scaledDotProductAttention(q, k, v),
  ),
  sample(
    'scaledDotProductAttention',
    'more batches of values than of scores',
    [signed([2, 3]), signed([4, 3], 1), signed([2, 4, 2], 2)],
    (q, k, v) => n.scaledDotProductAttention(q, k, v),
  ),
  sample(
    'scaledDotProductAttention',
    'a query that large numbers mask altogether looks everywhere alike',
    [signed([4, 2])],
    (v) => n.scaledDotProductAttention([[1], [1]], [[1], [2], [3], [4]], v, { mask: [[0], [-1e30]] }),
  ),
  sample(
    'embedding',
    'ids that occur again',
    [
      signed([3, 2]),
      ints([
        [2, 0],
        [2, 2],
      ]),
    ],
    (t, ids) => mul(n.embedding(t, ids), n.embedding(t, ids)),
  ),
  sample(
    'lstmCell',
    'state and weights',
    [signed([2, 2]), signed([2, 3], 1), signed([2, 3], 2), signed([12, 2], 3), signed([12, 3], 4), signed([12], 5)],
    (x, h, c, w, u, b) => {
      const next = n.lstmCell(x, { h, c }, { inputWeight: w, hiddenWeight: u, bias: b })
      return [next.h, next.c]
    },
    { large: true },
  ),
  sample(
    'gruCell',
    'with its own hidden bias',
    [signed([1, 2]), signed([1, 2], 1), signed([6, 2], 2), signed([6, 2], 3), signed([6], 4)],
    (x, h, w, u, b) => n.gruCell(x, h, { inputWeight: w, hiddenWeight: u, bias: b, hiddenBias: b }),
  ),
  sample('dropout', 'keeps the expectation', [signed([4, 5])], (x) => n.dropout(x, { rate: 0.4, rng: createRng(5) })),
  sample('sub', 'attention after a norm, one plan', [signed([3, 4])], (x) => {
    const h = n.layerNorm(x)
    return sub(n.scaledDotProductAttention(h, h, x), n.gelu(x))
  }),
]
