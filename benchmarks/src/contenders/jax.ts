import { defaultDevice, init, jit, nn, numpy as np, valueAndGrad, type Array as JaxArray } from '@jax-js/jax'
import type { Contender, Run } from '../contender.ts'
import { uniform, uniform64 } from '../inputs.ts'
import { losses, type JaxParameters } from '../models/jax.ts'
import { adamSettings, models } from '../models/index.ts'
import { batchValues, initialParameters } from '../models/model.ts'
import { jaxLinalg } from './jax-linalg.ts'
import { chainConstants, dependentConstants, layerNormEps, seeds, type Real, type Workload } from '../workload.ts'

type Of<K extends Workload['kind']> = Extract<Workload, { kind: K }>

/** jax-js, everything under jit. Functions own their arguments: `.ref` keeps what is used again. */
export async function jax(device: 'wasm' | 'webgpu'): Promise<Contender> {
  await init(device)
  defaultDevice(device)
  return { setup: async (w) => (w.kind === 'linalg' ? jaxLinalg(w) : { run: ready(w), dispose: () => {} }) }
}

const array = (
  data: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>,
  shape: readonly number[],
): JaxArray =>
  np.array(data, {
    shape: [...shape],
    dtype: data instanceof Float32Array ? np.float32 : data instanceof Int32Array ? np.int32 : np.float64,
  })
const real = (dtype: Real, length: number, seed: number): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> =>
  (dtype === 'float32' ? uniform : uniform64)(length, seed, -1, 1)

function compiled(inputs: readonly JaxArray[], body: (...inputs: JaxArray[]) => JaxArray): Run['run'] {
  const f = jit(body)
  return async () => (await f(...inputs.map((x) => x.ref)).data()) as Float32Array
}

function ready(w: Exclude<Workload, { kind: 'linalg' }>): Run['run'] {
  switch (w.kind) {
    case 'matmul': {
      const n = w.size
      const side = (t: JaxArray, turned: boolean): JaxArray => (turned ? np.transpose(t) : t)
      return compiled(
        [seeds.a, seeds.b].map((seed) => array(real(w.dtype, n * n, seed), [n, n])),
        (a, b) => np.matmul(side(a, w.transA), side(b, w.transB)),
      )
    }
    case 'matvec': {
      const n = w.size
      return compiled([array(real(w.dtype, n * n, seeds.a), [n, n]), array(real(w.dtype, n, seeds.x), [n])], (a, x) =>
        np.matmul(w.transA ? np.transpose(a) : a, x),
      )
    }
    case 'chain': {
      const [c0, c1, c2] = chainConstants
      return compiled([array(uniform(w.size, seeds.x, -2, 2), [w.size])], (x) =>
        np
          .tanh(x.ref.mul(c0).add(c1))
          .mul(np.exp(np.negative(np.square(x.ref))))
          .add(x.mul(c2)),
      )
    }
    case 'softmax':
      return compiled([array(uniform(w.rows * w.columns, seeds.x, -4, 4), [w.rows, w.columns])], (x) => nn.softmax(x))
    case 'layerNorm':
      return compiled(
        [
          array(uniform(w.rows * w.columns, seeds.x, -4, 4), [w.rows, w.columns]),
          array(uniform(w.columns, seeds.scale, 0.5, 1.5), [w.columns]),
          array(uniform(w.columns, seeds.bias, -1, 1), [w.columns]),
        ],
        (x, scale, bias) => nn.standardize(x, -1, { epsilon: layerNormEps }).mul(scale).add(bias),
      )
    case 'sum':
      return compiled([array(uniform(w.size, seeds.x, 0, 1), [w.size])], (x) => np.sum(x))
    case 'dependent':
      return dependent(w)
    case 'eager': {
      const a = array(uniform(w.size, seeds.a, -1, 1), [w.size])
      const b = array(uniform(w.size, seeds.b, -1, 1), [w.size])
      return () => np.add(a.ref, b.ref).dataSync() as Float32Array
    }
    case 'train':
      return training(w)
  }
}

function dependent({ count, form }: Of<'dependent'>): Run['run'] {
  const { product, scale, shift } = dependentConstants
  if (form === 'products') {
    return compiled([array(Float32Array.of(1), [1, 1]), array(Float32Array.of(product), [1, 1])], (x, c) => {
      for (let i = 0; i < count; i++) x = np.matmul(x, c.ref)
      c.dispose()
      return x
    })
  }
  return compiled([array(Float32Array.of(1), [1])], (x) => {
    for (let i = 0; i < count / 2; i++) x = np.cumsum(x.mul(scale).add(shift))
    return x
  })
}

function training(w: Of<'train'>): Run['run'] {
  const model = models[w.model]
  const { beta1, beta2, eps } = adamSettings
  const rate = model.learningRate[w.optimizer]
  const names = model.parameters.map((p) => p.name)
  const zeros = (): JaxParameters =>
    Object.fromEntries(model.parameters.map(({ name, shape }) => [name, np.zeros([...shape])]))
  let p: JaxParameters = Object.fromEntries(
    [...initialParameters(model)].map(([name, { shape, data }]) => [name, array(data, shape)]),
  )
  const compile = (w.eager ? <F>(f: F): F => f : jit) as typeof jit
  const gradients = valueAndGrad((q: JaxParameters, x: JaxArray, y: JaxArray) => losses[w.model](q, x, y))
  const batches = batchValues(model, w.batch)
  let next = 0
  const feed = (): [JaxArray, JaxArray] =>
    batches[next++ % batches.length].map(({ shape, data }) => array(data, shape)) as [JaxArray, JaxArray]
  const each = (f: (name: string) => JaxArray): JaxParameters =>
    Object.fromEntries(names.map((name) => [name, f(name)]))
  const kept = (q: JaxParameters): JaxParameters => each((name) => q[name].ref)

  if (w.optimizer === 'sgd') {
    const step = compile((q: JaxParameters, x: JaxArray, y: JaxArray) => {
      const [loss, g] = gradients(kept(q), x, y) as unknown as [JaxArray, JaxParameters]
      return { loss, p: each((name) => q[name].sub(g[name].mul(rate))) }
    })
    return async () => {
      const { loss, p: after } = step(p, ...feed())
      p = after
      return (await loss.data())[0] as number
    }
  }
  let m = zeros()
  let v = zeros()
  let t = 0
  // 1 - beta^t are arguments: computed here, they cost nothing.
  const step = compile(
    (q: JaxParameters, m: JaxParameters, v: JaxParameters, c1: JaxArray, c2: JaxArray, x: JaxArray, y: JaxArray) => {
      const [loss, g] = gradients(kept(q), x, y) as unknown as [JaxArray, JaxParameters]
      const m1 = each((name) => m[name].mul(beta1).add(g[name].ref.mul(1 - beta1)))
      const v1 = each((name) => v[name].mul(beta2).add(np.square(g[name]).mul(1 - beta2)))
      const after = each((name) =>
        q[name].sub(
          m1[name].ref
            .div(c1.ref)
            .mul(rate)
            .div(np.sqrt(v1[name].ref.div(c2.ref)).add(eps)),
        ),
      )
      c1.dispose()
      c2.dispose()
      return { loss, p: after, m: m1, v: v1 }
    },
  )
  return async () => {
    t++
    const result = step(p, m, v, np.array(1 - beta1 ** t), np.array(1 - beta2 ** t), ...feed())
    ;({ p, m, v } = result)
    return (await result.loss.data())[0] as number
  }
}
