import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-layers' // registers the gradients
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import type { Contender, ContenderOptions, Run } from '../contender.ts'
import { UnsupportedError } from '../errors.ts'
import { uniform } from '../inputs.ts'
import { losses } from '../models/tfjs.ts'
import { adamSettings, models } from '../models/index.ts'
import { batchValues, initialParameters } from '../models/model.ts'
import { chainConstants, dependentConstants, layerNormEps, seeds, type Workload } from '../workload.ts'

type Of<K extends Workload['kind']> = Extract<Workload, { kind: K }>

/** TensorFlow.js on its WebAssembly backend. */
export async function tfjs({ threads, assets }: ContenderOptions): Promise<Contender> {
  if (assets) setWasmPaths(`${assets}/`)
  setThreadsCount(threads)
  return tfjsOn('wasm', (t) => t.dataSync())
}

/** A tensor's values; on a GPU they come later. */
type Pull = (t: tf.Tensor) => tf.TypedArray | Promise<tf.TypedArray>

/** TensorFlow.js on a backend that is registered. */
export async function tfjsOn(backend: string, pull: Pull): Promise<Contender> {
  await tf.setBackend(backend)
  await tf.ready()
  return {
    async setup(w) {
      tf.disposeVariables()
      tf.engine().startScope()
      const run = ready(w, pull)
      return {
        run,
        dispose: () => {
          tf.engine().endScope()
          tf.disposeVariables()
        },
      }
    },
  }
}

/** What is done with a value that may come later. */
const then = <T, R>(value: T | Promise<T>, use: (value: T) => R): R | Promise<R> =>
  value instanceof Promise ? value.then(use) : use(value)

/** Runs `body` on the device and reads its result. */
const reading =
  (pull: Pull) =>
  (body: () => tf.Tensor): Run['run'] =>
  () => {
    const result = tf.tidy(body)
    return then(pull(result), (data) => {
      result.dispose()
      return data as Float32Array
    })
  }
const random = (shape: number[], seed: number, low: number, high: number): tf.Tensor =>
  tf.tensor(
    uniform(
      shape.reduce((a, b) => a * b, 1),
      seed,
      low,
      high,
    ),
    shape,
  )

function ready(w: Workload, pull: Pull): Run['run'] {
  const read = reading(pull)
  switch (w.kind) {
    case 'matmul': {
      if (w.dtype !== 'float32') throw new UnsupportedError('no float64')
      const a = random([w.size, w.size], seeds.a, -1, 1)
      const b = random([w.size, w.size], seeds.b, -1, 1)
      return read(() => tf.matMul(a, b, w.transA, w.transB))
    }
    case 'matvec': {
      if (w.dtype !== 'float32') throw new UnsupportedError('no float64')
      const a = random([w.size, w.size], seeds.a, -1, 1)
      const x = random([w.size, 1], seeds.x, -1, 1)
      return read(() => tf.matMul(a, x, w.transA))
    }
    case 'chain': {
      const x = random([w.size], seeds.x, -2, 2)
      const [c0, c1, c2] = chainConstants
      return read(() => tf.add(tf.mul(tf.tanh(tf.add(tf.mul(x, c0), c1)), tf.exp(tf.neg(tf.square(x)))), tf.mul(x, c2)))
    }
    case 'softmax': {
      const x = random([w.rows, w.columns], seeds.x, -4, 4)
      return read(() => tf.softmax(x))
    }
    case 'layerNorm': {
      const x = random([w.rows, w.columns], seeds.x, -4, 4)
      const scale = random([w.columns], seeds.scale, 0.5, 1.5)
      const bias = random([w.columns], seeds.bias, -1, 1)
      return read(() => {
        const { mean, variance } = tf.moments(x, 1, true)
        return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, layerNormEps))), scale), bias)
      })
    }
    case 'sum': {
      const x = random([w.size], seeds.x, 0, 1)
      return read(() => tf.sum(x))
    }
    case 'dependent':
      return read(dependent(w))
    case 'eager': {
      const a = random([w.size], seeds.a, -1, 1)
      const b = random([w.size], seeds.b, -1, 1)
      return read(() => tf.add(a, b))
    }
    case 'linalg':
      throw new UnsupportedError('not a workload for tfjs: it has QR alone, without a gradient')
    case 'train':
      return training(w, pull)
  }
}

function dependent({ count, form }: Of<'dependent'>): () => tf.Tensor {
  const { product, scale, shift } = dependentConstants
  const one = tf.ones([1, 1])
  const c = tf.fill([1, 1], product)
  const start = tf.ones([1])
  const factor = tf.scalar(scale)
  const term = tf.scalar(shift)
  return () => {
    let x: tf.Tensor = form === 'products' ? one : start
    if (form === 'products') for (let i = 0; i < count; i++) x = tf.matMul(x, c)
    else for (let i = 0; i < count / 2; i++) x = tf.cumsum(tf.add(tf.mul(x, factor), term))
    return x
  }
}

function training(w: Of<'train'>, pull: Pull): Run['run'] {
  const model = models[w.model]
  const variables = new Map(
    [...initialParameters(model)].map(([name, { shape, data }]) => [name, tf.variable(tf.tensor(data, [...shape]))]),
  )
  const learningRate = model.learningRate[w.optimizer]
  const { beta1, beta2, eps } = adamSettings
  const optimizer = w.optimizer === 'adam' ? tf.train.adam(learningRate, beta1, beta2, eps) : tf.train.sgd(learningRate)
  const batches = batchValues(model, w.batch)
  const parameter = (name: string): tf.Tensor => variables.get(name)!
  let next = 0
  return () => {
    const inputs = batches[next++ % batches.length].map(({ shape, data }) =>
      tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32'),
    )
    const loss = optimizer.minimize(() => losses[w.model](parameter, inputs[0], inputs[1]), true, [
      ...variables.values(),
    ])!
    return then(pull(loss), ([value]) => {
      tf.dispose([loss, ...inputs])
      return value
    })
  }
}
