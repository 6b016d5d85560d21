import { cpu } from '@gradloom/backend-cpu'
import { webgpu } from '@gradloom/backend-webgpu'
import {
  BackendError,
  createRuntime,
  exp,
  hostArray,
  matmul,
  mul,
  setRuntime,
  sum,
  tanh,
  tensor,
  transpose,
  valueAndGrad,
  type Runtime,
  type Tensor,
} from '@gradloom/core'
import { cumsum } from '@gradloom/ops'
import { layerNorm, softmax } from '@gradloom/nn'
import { adam, sgd, type TensorTree } from '@gradloom/optim'
import type { Contender, ContenderOptions, Run } from '../contender.ts'
import { UnsupportedError } from '../errors.ts'
import type { Meter } from '../gpu/meter.ts'
import { uniform, uniform64 } from '../inputs.ts'
import { losses } from '../models/gradloom.ts'
import { adamSettings, models } from '../models/index.ts'
import { batchValues, initialParameters } from '../models/model.ts'
import { gradloomLinalg } from './gradloom-linalg.ts'
import { chainConstants, dependentConstants, layerNormEps, seeds, type Real, type Workload } from '../workload.ts'

type Of<K extends Workload['kind']> = Extract<Workload, { kind: K }>
type Parameters = Record<string, Tensor>
type Data = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>

/** Our library: compiled steps on the CPU backend, inputs as variables. */
export function gradloom({ threads }: ContenderOptions): Contender {
  // An eager result is read at once, which takes a backend in the calling thread; all else runs where it would by
  // default.
  const start = (eager: boolean): Runtime =>
    createRuntime({ backends: [cpu({ threads, ...(eager && { placement: 'inline' }) })] })
  try {
    cpu({ threads })
  } catch (error) {
    throw error instanceof BackendError ? new UnsupportedError(error.message) : error
  }
  return {
    async setup(workload) {
      if (workload.kind === 'linalg') return gradloomLinalg(threads, workload)
      const isEager = workload.kind === 'eager' || (workload.kind === 'train' && workload.eager === true)
      const runtime = start(isEager)
      const run = await gradloomOn(runtime, workload)
      return { run, dispose: () => runtime.close() }
    },
  }
}

/** Our library on WebGPU, which keeps no copies for recovery, as the peers keep none. */
export function gradloomWebgpu(meter: Meter): Contender {
  return {
    meter,
    reuses: true,
    async setup(workload) {
      const runtime = createRuntime({ backends: [webgpu({ gpu: meter.gpu, mirrorBytes: 0 })] })
      const run = await gradloomOn(runtime, workload)
      return { run, dispose: () => runtime.close() }
    },
  }
}

const values = (dtype: Real, length: number, seed: number): Data =>
  (dtype === 'float32' ? uniform : uniform64)(length, seed, -1, 1)

/** A step of `body` over variables of these shapes. */
function compiled(
  runtime: Runtime,
  inputs: readonly (readonly [shape: readonly number[], data: Data])[],
  body: (...inputs: Tensor[]) => Tensor,
): Run['run'] {
  const env = runtime.variables()
  inputs.forEach(([shape, data], i) => env.name(`x${i}`).set(hostArray(data, shape)))
  const step = env.compile((ctx) => ({ result: body(...inputs.map((_, i) => ctx.variable(`x${i}`))) }))
  return async () => (await step()).result.data as Data
}

/** What does a workload on a runtime. */
export async function gradloomOn(runtime: Runtime, w: Workload): Promise<Run['run']> {
  switch (w.kind) {
    case 'matmul': {
      const n = w.size
      const side = (t: Tensor, turned: boolean): Tensor => (turned ? transpose(t) : t)
      return compiled(
        runtime,
        [seeds.a, seeds.b].map((seed) => [[n, n], values(w.dtype, n * n, seed)] as const),
        (a, b) => matmul(side(a, w.transA), side(b, w.transB)),
      )
    }
    case 'matvec': {
      const n = w.size
      return compiled(
        runtime,
        [
          [[n, n], values(w.dtype, n * n, seeds.a)],
          [[n, 1], values(w.dtype, n, seeds.x)],
        ],
        (a, x) => matmul(w.transA ? transpose(a) : a, x),
      )
    }
    case 'chain': {
      const [c0, c1, c2] = chainConstants
      return compiled(runtime, [[[w.size], uniform(w.size, seeds.x, -2, 2)]], (x) =>
        tanh(x.mul(c0).add(c1))
          .mul(exp(mul(x, x).neg()))
          .add(x.mul(c2)),
      )
    }
    case 'softmax':
      return compiled(runtime, [[[w.rows, w.columns], uniform(w.rows * w.columns, seeds.x, -4, 4)]], (x) => softmax(x))
    case 'layerNorm':
      return compiled(
        runtime,
        [
          [[w.rows, w.columns], uniform(w.rows * w.columns, seeds.x, -4, 4)],
          [[w.columns], uniform(w.columns, seeds.scale, 0.5, 1.5)],
          [[w.columns], uniform(w.columns, seeds.bias, -1, 1)],
        ],
        (x, scale, bias) => layerNorm(x, { scale, bias, eps: layerNormEps }),
      )
    case 'sum':
      return compiled(runtime, [[[w.size], uniform(w.size, seeds.x, 0, 1)]], (x) => sum(x))
    case 'dependent':
      return dependent(runtime, w)
    case 'eager':
      return eager(runtime, w)
    case 'linalg':
      throw new UnsupportedError('not a workload for WebGPU')
    case 'train':
      return w.eager ? eagerTraining(runtime, w) : training(runtime, w)
  }
}

/** Neither form fuses: products go to GEMM one by one, and a scan is a named kernel between loop kernels of one
 * element. */
function dependent(runtime: Runtime, { count, form }: Of<'dependent'>): Run['run'] {
  const { product, scale, shift } = dependentConstants
  if (form === 'products') {
    return compiled(
      runtime,
      [
        [[1, 1], Float32Array.of(1)],
        [[1, 1], Float32Array.of(product)],
      ],
      (x, c) => {
        for (let i = 0; i < count; i++) x = matmul(x, c)
        return x
      },
    )
  }
  return compiled(runtime, [[[1], Float32Array.of(1)]], (x) => {
    for (let i = 0; i < count / 2; i++) x = cumsum(x.mul(scale).add(shift))
    return x
  })
}

/** A new graph of one op for every run, read at once. */
async function eager(runtime: Runtime, { size }: Of<'eager'>): Promise<Run['run']> {
  await runtime.ready()
  setRuntime(runtime)
  const a = tensor(uniform(size, seeds.a, -1, 1))
  const b = tensor(uniform(size, seeds.b, -1, 1))
  return () => a.add(b).dataSync() as Float32Array
}

/** A new graph for every step: loss, gradients and Adam's update. */
async function eagerTraining(runtime: Runtime, w: Of<'train'>): Promise<Run['run']> {
  await runtime.ready()
  setRuntime(runtime)
  const model = models[w.model]
  const learningRate = model.learningRate[w.optimizer]
  const optimizer = w.optimizer === 'adam' ? adam({ learningRate, ...adamSettings }) : sgd({ learningRate })
  const lossAndGradients = valueAndGrad((p: Parameters, x: Tensor, y: Tensor) =>
    losses[w.model]((name) => p[name], x, y),
  )
  const batches = batchValues(model, w.batch).map((parts) => parts.map(({ shape, data }) => hostArray(data, shape)))
  let params: Parameters = Object.fromEntries(
    [...initialParameters(model)].map(([name, { shape, data }]) => [name, tensor(hostArray(data, shape))]),
  )
  let state: TensorTree = optimizer.init(params)
  let count = 0
  return async () => {
    const [x, y] = batches[count++ % batches.length].map((part) => tensor(part))
    const [loss, gradients] = lossAndGradients(params, x, y)
    ;({ params, state } = optimizer.next({ params, gradients, state }))
    return loss.item()
  }
}

function training(runtime: Runtime, w: Of<'train'>): Run['run'] {
  const model = models[w.model]
  const env = runtime.variables()
  for (const [name, { shape, data }] of initialParameters(model)) env.name(name).set(hostArray(data, shape))
  const learningRate = model.learningRate[w.optimizer]
  const optimizer = w.optimizer === 'adam' ? adam({ learningRate, ...adamSettings }) : sgd({ learningRate })
  const batches = batchValues(model, w.batch)
  const step = env.compile((ctx) => {
    const [x, y] = batches[0].map(({ name, shape, data }) =>
      ctx.placeholder(name, shape, data instanceof Int32Array ? 'int32' : 'float32'),
    )
    const loss = losses[w.model]((name) => ctx.variable(name), x, y)
    return { loss, train: optimizer.minimize(loss, ctx.variables()) }
  })
  const feeds = batches.map((parts) =>
    Object.fromEntries(parts.map(({ name, shape, data }) => [name, hostArray(data, shape)])),
  )
  let next = 0
  return async () => (await step(feeds[next++ % feeds.length])).loss.item()
}
