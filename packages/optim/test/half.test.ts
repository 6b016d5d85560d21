import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  cast,
  mean,
  mul,
  setRuntime,
  square,
  sum,
  tensor,
  toHostArray,
  type HostArray,
  type Runtime,
  type Tensor,
} from '@gradloom/core'
import {
  accumulate,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  averaged,
  chain,
  clipByGlobalNorm,
  clipByNorm,
  ema,
  freeze,
  globalNorm,
  lamb,
  lbfgs,
  lion,
  mapTensors,
  nadam,
  optimizer,
  perGroup,
  radam,
  rmsprop,
  scaleByTrustRatio,
  scaleLoss,
  sgd,
  type Optimizer,
  type TensorTree,
} from '../src/index.ts'
import { createTestRuntime } from './problems.ts'

let runtime: Runtime
beforeAll(() => {
  setRuntime((runtime = createTestRuntime()))
})
afterAll(() => runtime.close())

const half = (data: number[]): Tensor => tensor(data, { dtype: 'float16' })
const wide = (t: Tensor): Tensor => cast(t, 'float32')
const list = async (t: Tensor): Promise<number[]> => (await runtime.evaluate([t]))[0].array() as number[]

/** Two states are equal, in dtypes and numbers. */
async function expectSame(a: TensorTree, b: TensorTree): Promise<void> {
  const pairs: [Tensor, Tensor][] = []
  mapTensors((x, y) => (pairs.push([x, y]), x), a, b)
  for (const [x, y] of pairs) {
    expect(x.dtype).toBe(y.dtype)
    expect(await list(x)).toEqual(await list(y))
  }
}

const all: { readonly [name: string]: () => Optimizer } = {
  sgd: () => sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.1 }),
  adam,
  adamw: () => adamw({ amsgrad: true }),
  adamax,
  nadam,
  radam,
  rmsprop: () => rmsprop({ centered: true, momentum: 0.5 }),
  adagrad,
  adadelta,
  lamb,
  lion,
  lbfgs: () => lbfgs({ history: 2 }) as unknown as Optimizer,
  composed: () => chain(clipByGlobalNorm(1), clipByNorm(0.5), accumulate(2, adam()), ema(0.9)),
}

describe.each(Object.entries(all))('%s of float16 parameters', (_, make) => {
  it('steps as that of float32 ones, with its state, and rounds once', async () => {
    const opt = make()
    let params = half([1, -1, 2, 0.5])
    let states: readonly (TensorTree | undefined)[] = [undefined, undefined]
    for (const gradients of [half([1e-4, 0, 300, -6e-8]), half([-1e-4, 2e-7, 65504, 1])]) {
      const [got, want] = [params, wide(params)].map((p, i) =>
        opt.next({ params: p, gradients: cast(gradients, p.dtype), state: states[i], loss: cast(1, p.dtype) }),
      )
      const values = await list(got.params)
      expect(got.params.dtype).toBe('float16')
      expect(values).toEqual(await list(cast(want.params, 'float16')))
      expect(values.every(Number.isFinite)).toBe(true)
      await expectSame(got.state, want.state)
      params = got.params
      states = [got.state, want.state]
    }
  })
})

describe('float16 parameters', () => {
  it('learn in a compiled step, whose state is float32, saved and loaded', async () => {
    const train = async (saved?: Map<string, HostArray>): Promise<[number[], Map<string, HostArray>]> => {
      const env = runtime.variables()
      env.name('w').set([4, -2], { dtype: 'float16' })
      const optimizer = scaleLoss(chain(adam({ learningRate: 0.25 }), ema(0.5)), { initial: 1024 })
      const step = env.compile((ctx) => {
        const loss = mean(square(ctx.variable('w')))
        return { loss, train: optimizer.minimize(loss, ctx.variables()), ema: averaged(ctx.variables())[0] }
      })
      if (saved) env.load(saved)
      for (let i = 0; i < 4; i++) expect((await step()).ema.dtype).toBe('float16')
      const after = await env.save()
      env.dispose()
      return [after.get('w')!.array() as number[], after]
    }
    const [[a, b], saved] = await train()
    expect(Math.abs(a - 3)).toBeLessThan(0.02)
    expect(Math.abs(b + 1)).toBeLessThan(0.02)
    expect([...saved].filter(([name]) => name !== 'w').map(([, { dtype }]) => dtype)).not.toContain('float16')
    const [[c, d]] = await train(saved)
    expect(c).toBeLessThan(2.5)
    expect(Math.abs(d)).toBeLessThan(0.5)
    // Moments that were saved as float16 are loaded too.
    const halves = [...saved].map(([name, host]) => [
      name,
      host.dtype === 'float32' ? toHostArray(host, 'float16') : host,
    ])
    const [[e]] = await train(new Map(halves as [string, HostArray][]))
    expect(Math.abs(e - c)).toBeLessThan(0.1)
  })

  it('take what a transformation of its own starts from their values', async () => {
    const env = runtime.variables()
    env.name('w').set([4, -2], { dtype: 'float16' })
    const anchored = optimizer({
      init: (params) => ({ start: mapTensors((p) => p, params) }),
      update: (_, state, { params }) => ({
        updates: mapTensors((p, s) => mul(s.sub(p), 0.5), params, state.start),
        state,
      }),
    })
    const step = env.compile((ctx) => ({ train: anchored.minimize(sum(ctx.variable('w')), ctx.variables()) }))
    env.assign('w', [8, -2])
    await step()
    expect((await env.name('w').get()).array()).toEqual([6, -2])
    expect(env.name('optimizer/start/w').dtype).toBe('float32')
    env.dispose()
  })

  it('that are frozen stay as they are', async () => {
    const env = runtime.variables()
    for (const name of ['a', 'b']) env.name(name).set([1, 2], { dtype: 'float16' })
    const opt = perGroup((name) => name, { a: sgd({ learningRate: 1 }), b: freeze() })
    const step = env.compile((ctx) => {
      const loss = sum(mul(ctx.variable('a'), ctx.variable('b')))
      return { train: opt.minimize(loss, ctx.variables()) }
    })
    await step()
    expect((await env.name('a').get()).array()).toEqual([0, 0])
    expect((await env.name('b').get()).array()).toEqual([1, 2])
    env.dispose()
  })

  it('a state or updates of float16 are refused', () => {
    const w = half([1, 2])
    const opt = adam()
    const params = { w }
    const state = mapTensors((t) => (t.dtype === 'float32' ? cast(t, 'float16') : t), opt.init(params))
    const isDType = expect.objectContaining({ name: 'DTypeError' }) as unknown
    expect(() => opt.next({ params, gradients: params, state })).toThrow(isDType)
    const narrow = optimizer({ init: () => null, update: (_, state) => ({ updates: { w }, state }) })
    expect(() => narrow.next({ params, gradients: params })).toThrow(isDType)
  })
})

describe('norms of float16', () => {
  const [long, short] = [half([300, 400]), half([3e-5, 4e-5])]
  it('are those of float32', async () => {
    expect(await list(globalNorm([long, long.neg()]))).toBeCloseTo(500 * Math.SQRT2, 3)
    expect(await list(globalNorm([short]))).toBeCloseTo(5e-5, 7)
  })
  it('clip gradients, which stay float16', async () => {
    const context = { params: [long] }
    for (const clip of [clipByNorm(5), clipByGlobalNorm(5)]) {
      const { updates, reports } = clip.update([long], null, context)
      const [got] = updates as Tensor[]
      expect(got.dtype).toBe('float16')
      expect(await list(got)).toEqual([3, 4])
      if (reports) expect(await list(reports.gradientNorm)).toBe(500)
    }
  })
  it('give trust ratios', async () => {
    const [got] = scaleByTrustRatio().update([short], null, { params: [long] }).updates as Tensor[]
    expect(got.dtype).toBe('float16')
    for (const [i, x] of (await list(got)).entries()) expect(Math.abs(x / [300, 400][i] - 1)).toBeLessThan(3e-3)
  })
})
