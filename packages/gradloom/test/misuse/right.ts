import * as backendCpu from '@gradloom/backend-cpu'
import * as blasWasm from '@gradloom/blas-wasm'
import * as core from '@gradloom/core'
import * as io from '@gradloom/io'
import * as nn from '@gradloom/nn'
import * as ops from '@gradloom/ops'
import * as optim from '@gradloom/optim'
import * as umbrella from 'gradloom'
import {
  x,
  v,
  i,
  image,
  signal,
  volume,
  host,
  rng,
  rt,
  env,
  w,
  sgd,
  cell,
  gru,
  rnn,
  h,
  steps,
  mha,
  tokens,
  linear,
  kernels,
  type Right,
} from './given.ts'
import { core0, ops0 } from './right-core.ts'

const nn0: Record<string, Right> = {
  elu: [x, { alpha: 1 }],
  gelu: [x, { approximate: 'tanh' }],
  glu: [core.ones([2, 4]), { axis: -1 }],
  hardTanh: [x, { min: -1, max: 1 }],
  leakyRelu: [x, { slope: 0.1 }],
  logSoftmax: [x, { axis: -1 }],
  softmax: [x, { axis: -1 }],
  cosineSimilarity: [x, v, { axis: -1 }],
  klDivergence: [x, x, { reduction: 'mean' }],
  hingeLoss: [x, x, { reduction: 'mean' }],
  tripletMarginLoss: [x, x, x, { margin: 1, reduction: 'mean' }],
  huberLoss: [x, x, { delta: 1, reduction: 'mean' }],
  l1Loss: [x, x, { reduction: 'mean' }],
  mseLoss: [x, x, { reduction: 'mean' }],
  sigmoidCrossEntropy: [x, x, { reduction: 'mean' }],
  softmaxCrossEntropy: [x, x, { labelSmoothing: 0.1, reduction: 'mean' }],
  sparseSoftmaxCrossEntropy: [x, i, { ignoreIndex: 2, reduction: 'mean' }],
  conv1d: [signal, core.ones([2, 2, 3]), { stride: 1, padding: 'same', dilation: 1, groups: 1 }],
  conv2d: [image, core.ones([2, 2, 3, 3]), { stride: [1, 2], padding: 1, dilation: 1, groups: 1, bias: [1, 2] }],
  conv3d: [volume, core.ones([1, 1, 2, 2, 2]), { stride: 1, padding: 'valid' }],
  convTranspose1d: [signal, core.ones([2, 2, 3]), { stride: 2, padding: 0, outputPadding: 1 }],
  convTranspose2d: [image, core.ones([2, 2, 3, 3]), { stride: 2, padding: 0, outputPadding: 1 }],
  adaptiveAvgPool1d: [signal, 2],
  adaptiveAvgPool2d: [image, [2, 3]],
  adaptiveAvgPool3d: [volume, 2],
  avgPool1d: [signal, { kernelSize: 2, stride: 1, padding: 0 }],
  avgPool2d: [image, { kernelSize: 2, stride: 1, padding: 0 }],
  avgPool3d: [volume, { kernelSize: 2, stride: 1, padding: 0 }],
  maxPool1d: [signal, { kernelSize: 2, stride: 1, padding: 0 }],
  maxPool2d: [image, { kernelSize: [2, 1], stride: 1, padding: [1, 0] }],
  maxPool3d: [volume, { kernelSize: 2, stride: 1, padding: 0 }],
  globalAvgPool: [image],
  batchNorm: [x, { mean: v, variance: v, training: true }],
  groupNorm: [image, { groups: 2, eps: 1e-5 }],
  instanceNorm: [image, { eps: 1e-5 }],
  layerNorm: [x, { axis: -1, eps: 1e-5, scale: v, bias: v }],
  rmsNorm: [x, { axis: -1, eps: 1e-5, scale: v }],
  embedding: [x, i],
  dropout: [x, { rate: 0.5, rng, training: true }],
  multiHeadAttention: [tokens, mha, { heads: 2, causal: true, scale: 1 }],
  scaledDotProductAttention: [tokens, tokens, tokens, { mask: core.ones([3, 3]), causal: true, scale: 1 }],
  gruCell: [core.ones([1, 3]), h, gru],
  lstmCell: [core.ones([1, 3]), { h, c: h }, cell],
  rnnCell: [core.ones([1, 3]), h, rnn],
  gru: [steps, gru, { h, reverse: true }],
  lstm: [steps, cell, { h, c: h, reverse: true }],
  rnn: [steps, rnn, { h, reverse: true }],
  model: [env, linear, rng, { name: 'misuse' }],
}

const layers0: Record<string, Right> = {
  attention: [4, { heads: 2, causal: true }],
  batchNorm: [3, { momentum: 0.1, eps: 1e-5 }],
  conv2d: [1, 2, { kernelSize: 3, stride: 1, padding: 'same', bias: true }],
  dropout: [0.5],
  embedding: [3, 4],
  inference: [],
  training: [{ rng }],
  layerNorm: [3, { eps: 1e-5 }],
  linear: [3, 2, { bias: true }],
  getVariables: [{ variable: (n: string) => env.name(n).tensor }, { w: v }],
  setVariables: [rt.variables(), { w: v }],
  gru: [3, 2],
  lstm: [3, 2],
  sequential: [linear, nn.relu],
  transformerBlock: [4, { heads: 2, hidden: 8, causal: true, dropoutRate: 0.1 }],
}

const optim0: Record<string, Right> = {
  chain: [optim.scaleByAdam(), optim.scaleByLearningRate(0.1)],
  optimizer: [optim.scaleByAdam()],
  mapTensors: [(t: core.Tensor) => t, { w: v }],
  counted: [core.tensor(1, { dtype: 'int32' })],
  stateless: [(g: unknown) => g],
  addDecayedWeights: [0.1],
  clipByGlobalNorm: [1],
  clipByNorm: [1],
  clipByValue: [1],
  scaleByMomentum: [{ momentum: 0.9, nesterov: true }],
  globalNorm: [[x, v]],
  scaleByAdadelta: [{ rho: 0.9 }],
  scaleByAdagrad: [{ eps: 1e-9 }],
  scaleByAdam: [{ beta1: 0.9, amsgrad: true }],
  scaleByAdamax: [{ beta1: 0.9 }],
  scaleByLearningRate: [0.1],
  scaleByLion: [{ beta1: 0.9 }],
  scaleByNadam: [{ beta1: 0.9 }],
  scaleByRadam: [{ beta1: 0.9 }],
  scaleByRms: [{ decay: 0.9 }],
  scaleByTrustRatio: [],
  adam: [{ learningRate: 0.1, beta1: 0.9 }],
  adamw: [{ learningRate: 0.1, weightDecay: 0.1 }],
  sgd: [{ learningRate: 0.1, momentum: 0.9 }],
  lamb: [{ learningRate: 0.1 }],
  lion: [{ learningRate: 0.1 }],
  rmsprop: [{ learningRate: 0.1, centered: true }],
  adagrad: [{ learningRate: 0.1 }],
  adadelta: [{ learningRate: 0.1 }],
  adamax: [{ learningRate: 0.1 }],
  nadam: [{ learningRate: 0.1 }],
  radam: [{ learningRate: 0.1 }],
  lbfgs: [{ history: 5 }],
  cosine: [1, { steps: 10 }],
  oneCycle: [{ peak: 1, steps: 10 }],
  warmRestarts: [1, { period: 10 }],
  constant: [0.1],
  exponential: [1, { factor: 0.9 }],
  linear: [{ from: 1, to: 0, steps: 10 }],
  polynomial: [1, { steps: 10, power: 2 }],
  stepDecay: [1, { every: 10, factor: 0.5 }],
  join: [[optim.constant(1), optim.constant(2)], [10]],
  warmup: [10, optim.constant(1)],
  schedule: [(t: unknown) => t],
  accumulate: [4, sgd],
  averaged: [[w], { name: 'optimizer' }],
  ema: [0.9],
  freeze: [],
  maskedBy: [() => true, sgd],
  perGroup: [(name: string) => name, { w: sgd }],
  reduceOnPlateau: [{ factor: 0.1, patience: 3 }],
  scaleLoss: [sgd, { initial: 2 }],
}

const io0: Record<string, Right> = {
  batches: [{ x: host }, { size: 1 }],
  permutation: [3, 1, 0],
  decodeCsv: ['x\n1', { dtype: 'float32' }],
  encodeCsv: [{ x: host }, { header: true }],
  decodeIdx: [io.encodeIdx(host), { scale: 1 }],
  encodeIdx: [host],
  decodeNpy: [io.encodeNpy(host), {}],
  encodeNpy: [host],
  decodeNpz: [io.encodeNpz({ x: host }), {}],
  encodeNpz: [{ x: host }],
  decodeSafetensors: [io.encodeSafetensors({ x: host }), {}],
  encodeSafetensors: [{ x: host }, { metadata: { a: 'b' } }],
  readSafetensorsHeader: [io.encodeSafetensors({ x: host })],
}

const blas0: Record<string, Right> = {
  createBlas: [{ threads: 1 }],
  createPool: [{ threads: 1, memory: new WebAssembly.Memory({ initial: 1 }) }],
  machineThreads: [],
  canShareMemory: [],
  hasSimd: [],
  hasRelaxedSimd: [],
  createModule: [],
}

/**
 * Functions that check nothing, and why. They are the assembler and its code generators: what they take is builders, values
 * and layouts of memory that only they themselves make, thousands for a module; a wrong one does not pass TypeScript, or
 * WebAssembly's validation of the module.
 */
export const unchecked: Readonly<Record<string, string>> = Object.fromEntries(
  [
    [
      'emitGemm',
      'emitGemmTask',
      'emitGemv',
      'emitMath',
      'emitPack',
      'emitPackPanels',
      'emitPanelProduct',
      'emitProduct',
    ],
    [
      'inlineMath',
      'select',
      'shuffle',
      'blockingOf',
      'gemmScratchBytes',
      'cutGemm',
      'createJob',
      'writeGemmJob',
      'lanesOf',
    ],
    // A page's worker, which is there only in pages.
    ['connectWebWorker'],
  ].flatMap((names) => names.map((name) => [name, 'takes what the assembler makes'])),
)

/** What is made by the packages, and its methods. */
const f32 = (): Float32Array => Float32Array.of(1, 0, 0, 1)
const blas = await blasWasm.createBlas({ threads: 1 })
const methods: Record<string, { readonly of: object; readonly right: Record<string, Right> }> = {
  tensor: {
    of: x,
    right: {
      add: [v],
      sub: [v],
      mul: [v],
      div: [v],
      pow: [v],
      matmul: [v],
      sum: [{ axis: 0 }],
      mean: [{ axis: 0 }],
      max: [{ axis: 0 }],
      min: [{ axis: 0 }],
      reshape: [[3, 2]],
      transpose: [[1, 0]],
      broadcastTo: [[2, 2, 3]],
      expandDims: [0],
      cast: ['int32'],
    },
  },
  hostArray: { of: host, right: { array: [], toString: [] } },
  rng: {
    of: rng,
    right: {
      normal: [[2, 3], { mean: 0, std: 1 }],
      uniform: [[2, 3], { low: 0, high: 1 }],
      truncatedNormal: [[2, 3], { mean: 0, std: 1 }],
      logNormal: [[2, 3], { mean: 0, std: 1 }],
      bernoulli: [[2, 3], { p: 0.5 }],
      exponential: [[2, 3], { rate: 1 }],
      gamma: [[2, 3], 2, { scale: 1 }],
      orthogonal: [[2, 3], { gain: 1 }],
      glorotUniform: [[2, 3]],
      glorotNormal: [[2, 3]],
      heNormal: [[2, 3]],
      heUniform: [[2, 3]],
      permutation: [3],
    },
  },
  runtime: { of: rt, right: { evaluate: [[x]], evaluateSync: [[x]], run: [() => 1], variables: [] } },
  environment: {
    of: env,
    right: {
      name: ['w'],
      namespace: ['n'],
      variableNames: [],
      save: [{ names: ['w'] }],
      load: [new Map([['w', host]]), { partial: true, names: ['w'] }],
      assign: ['w', [1, 2, 3]],
      run: [() => 1],
      compile: [() => ({ y: v })],
      slot: ['state', v],
    },
  },
  variable: { of: env.name('w'), right: { set: [[1, 2, 3], { dtype: 'float32', state: false }], get: [] } },
  step: {
    of: { call: env.compile((ctx) => ({ y: ctx.placeholder('x', [-1]).mul(2) })) },
    right: { call: [{ x: [1] }, { keep: false }] },
  },
  model: {
    of: kernels,
    right: {
      apply: [x],
      predict: [[[1, 2, 3]]],
      compile: [{ loss: nn.mseLoss, optimizer: sgd }],
      load: [new Map(), { partial: true }],
    },
  },
  layer: { of: linear, right: { init: [rng], apply: [linear.init(rng), x] } },
  optimizer: {
    of: optim.adam(),
    right: {
      init: [{ w: v }],
      update: [{ w: v }, optim.adam().init({ w: v }), { params: { w: v } }],
      minimize: [core.sum(w), [w], { name: 'o', allowUnused: true }],
      next: [{ params: { w: v }, gradients: { w: v } }],
    },
  },
  schedule: { of: optim.cosine(1, { steps: 10 }), right: { at: [3], valueAt: [3] } },
  registry: { of: rt.registry, right: { kernels: ['cpu'] } },
  blas: {
    of: blas,
    right: {
      sgemm: [101, 111, 111, 2, 2, 2, 1, f32(), 2, f32(), 2, 0, f32(), 2],
      sgemv: [101, 111, 2, 2, 1, f32(), 2, f32(), 1, 0, f32(), 1],
      strsm: [101, 141, 121, 111, 131, 2, 2, 1, f32(), 2, f32(), 2],
      ssyrk: [101, 121, 111, 2, 2, 1, f32(), 2, 0, f32(), 2],
      saxpy: [2, 1, f32(), 1, f32(), 1],
      sdot: [2, f32(), 1, f32(), 1],
      snrm2: [2, f32(), 1],
      isamax: [2, f32(), 1],
      float32: [4],
      float64: [4],
    },
  },
}

interface Package {
  readonly functions: Readonly<Record<string, unknown>>
  readonly right: Readonly<Record<string, Right>>
}
/** The packages, by name, with the functions that they export. */
export const packages: Readonly<Record<string, Package>> = {
  core: { functions: core, right: core0 },
  ops: { functions: ops, right: ops0 },
  nn: { functions: nn, right: nn0 },
  'nn.layers': { functions: nn.layers, right: layers0 },
  optim: { functions: optim, right: optim0 },
  io: { functions: io, right: io0 },
  'blas-wasm': { functions: blasWasm, right: blas0 },
  'backend-cpu': { functions: backendCpu, right: { cpu: [{ threads: 1, placement: 'inline', memoryLimit: 1e9 }] } },
  gradloom: { functions: umbrella, right: { ...core0, ...ops0, cpu: [{ threads: 1 }] } },
  ...Object.fromEntries(
    Object.entries(methods).map(([name, { of, right }]) => [name, { functions: bound(of, right), right }]),
  ),
}

function bound(of: object, right: Readonly<Record<string, Right>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(right).map((name) => [
      name,
      (...args: unknown[]) => (of as Record<string, (...a: unknown[]) => unknown>)[name](...args),
    ]),
  )
}
/** Computes tensors that a call gave. */
export const runtime: core.Runtime = rt
/** For arguments that nothing is listed for. */
export const standard: Right = [x]
