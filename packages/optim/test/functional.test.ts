import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  add,
  hostArray,
  mul,
  setRuntime,
  square,
  sum,
  tensor,
  valueAndGrad,
  type Runtime,
  type Tensor,
} from '@gradloom/core'
import {
  accumulate,
  adam,
  adamw,
  chain,
  clipByGlobalNorm,
  cosine,
  counted,
  ema,
  freeze,
  lamb,
  lbfgs,
  lion,
  mapTensors,
  maskedBy,
  nadam,
  optimizer,
  perGroup,
  reduceOnPlateau,
  rmsprop,
  scaleByAdam,
  scaleLoss,
  sgd,
  type Optimizer,
  type TensorTree,
  type Transformation,
} from '../src/index.ts'
import { createTestRuntime } from './problems.ts'

let runtime: Runtime
beforeAll(() => {
  setRuntime((runtime = createTestRuntime()))
})
afterAll(() => runtime.close())

const vector = (...values: number[]): Tensor => tensor(values, { dtype: 'float64' })
const numbers = async (t: Tensor): Promise<number[]> => [...(await t.data())]
const rate = cosine(0.1, { steps: 50 })
const all: Record<string, () => Optimizer> = {
  sgd: () => sgd({ learningRate: rate, momentum: 0.9, dampening: 0.1 }),
  adam: () => adam({ learningRate: rate, amsgrad: true }),
  nadam: () => nadam(),
  rmsprop: () => rmsprop({ centered: true, momentum: 0.5 }),
  lbfgs: () => lbfgs({ history: 3 }),
  composed: () =>
    chain(
      clipByGlobalNorm(10),
      accumulate(2, adam({ learningRate: rate })),
      reduceOnPlateau({ patience: 0 }),
      ema(0.9),
    ),
  groups: () => perGroup((name) => (name.includes('b') ? 'slow' : 'fast'), { fast: adam(), slow: nadam() }),
}
/** Whole trees are compared: JSON has no infinities, and none has to be told from another here. */
const shapeOf = (state: unknown): string =>
  JSON.stringify(state, (_, x: unknown) =>
    x && typeof x === 'object' && 'dtype' in x && 'shape' in x ? `${String(x.dtype)}[${String(x.shape)}]` : x,
  )

describe.each(Object.entries(all))('%s', (_, make) => {
  it('has the state that init gives, before a step and after it', () => {
    const params = { layers: [{ w: vector(1, 2), b: vector(3) }, { w: vector(4) }], scale: tensor([1, 2]) }
    const opt = make()
    const initial = opt.init(params)
    const { state } = opt.next({ params, gradients: params, state: initial, loss: tensor(1) })
    expect(shapeOf(state)).toBe(shapeOf(initial))
  })
  it('steps over nested parameters as on variables of an environment', async () => {
    const env = runtime.variables()
    env.name('w').set(vector(1, -2))
    env.name('b').set(vector(0.5))
    const step = env.compile((ctx) => {
      const loss = add(sum(square(ctx.variable('w'))), sum(mul(ctx.variable('b'), 3)))
      return { train: make().minimize(loss, ctx.variables()) }
    })
    let params = { w: vector(1, -2), rest: [{ b: vector(0.5) }] }
    const opt = make()
    let state = opt.init(params)
    for (let i = 0; i < 5; i++) {
      await step()
      const loss = add(sum(square(params.w)), sum(mul(params.rest[0].b, 3)))
      const gradients = { w: mul(params.w, 2), rest: [{ b: vector(3) }] }
      ;({ params, state } = opt.next({ params, gradients, state, loss }))
    }
    const want = [...(await env.name('w').get()).data, ...(await env.name('b').get()).data]
    const got = [...(await numbers(params.w)), ...(await numbers(params.rest[0].b))]
    want.forEach((v, i) => expect(got[i]).toBeCloseTo(v, 12))
  })
})

describe('next', () => {
  it('takes a tensor alone, and lists', async () => {
    const one = sgd({ learningRate: 1 }).next({ params: vector(3), gradients: vector(1) })
    expect(await numbers(one.params)).toEqual([2])
    const two = adam({ learningRate: 1 }).next({ params: [vector(3), null], gradients: [vector(5), null] })
    expect((await numbers(two.params[0]!))[0]).toBeCloseTo(2, 6)
  })
  it('takes gradients and state whose keys come in another order', async () => {
    const opt = adam({ learningRate: 1 })
    const { params } = opt.next({ params: { a: vector(0), b: vector(0) }, gradients: { b: vector(-1), a: vector(1) } })
    expect([(await numbers(params.a))[0] < 0, (await numbers(params.b))[0] > 0]).toEqual([true, true])
  })
  it('gives what is reported', async () => {
    const { reports } = chain(clipByGlobalNorm(1), sgd({ learningRate: 0.5 })).next({
      params: vector(0, 0),
      gradients: vector(3, 4),
    })
    expect([await reports.gradientNorm.item(), await reports.learningRate.item()]).toEqual([5, 0.5])
  })
  it('refuses gradients and states that do not fit, by what does not', () => {
    const params = { a: vector(1, 2), b: vector(3) }
    const opt = adam()
    const error = (name: string, message: RegExp): unknown =>
      expect.objectContaining({ name, message: expect.stringMatching(message) as string })
    expect(() => opt.next({ params, gradients: { a: vector(1, 2) } })).toThrow(error('NameError', /a, b/))
    expect(() => opt.next({ params, gradients: { a: vector(1), b: vector(3) } })).toThrow(error('ShapeError', /as a/))
    expect(() => opt.next({ params, gradients: { a: vector(1, 2), b: tensor([3]) } })).toThrow(error('DTypeError', /b/))
    expect(() => opt.next({ params, gradients: params, state: sgd({ learningRate: 1 }).init(params) })).toThrow(
      error('NameError', /required/),
    )
    expect(() => opt.next({ params, grads: params } as never)).toThrow(error('NameError', /gradients/))
    expect(() => opt.next({ params: {}, gradients: {} })).toThrow(error('NameError', /parameters/))
    expect(() => opt.init('weights' as never)).toThrow(error('DTypeError', /string/))
    expect(() => lbfgs().next({ params, gradients: params })).toThrow(error('GradError', /loss/))
  })
})

describe('transformations', () => {
  it('are pairs of pure functions: a step twice from one state gives the same', async () => {
    const { init, update } = scaleByAdam()
    const params = { w: vector(1, 2) }
    const state = init(params)
    const [a, b] = [update(params, state, { params }), update(params, state, { params })]
    const again = update(params, a.state, { params })
    expect(await numbers((a.updates as typeof params).w)).toEqual(await numbers((b.updates as typeof params).w))
    expect(await (again.state as { step: Tensor }).step.item()).toBe(2)
    expect(await (state as { step: Tensor }).step.item()).toBe(0)
  })
  it('count up to what int32 holds, and stay there', async () => {
    expect(await counted(tensor(2 ** 31 - 1, { dtype: 'int32' })).item()).toBe(2 ** 31 - 1)
  })
  it('of your own have state of any structure, named by its keys', async () => {
    const env = runtime.variables()
    env.name('w').set(vector(1))
    const signed: Transformation<{ seen: Tensor; own: { last: TensorTree }[] }> = {
      init: (params) => ({ seen: tensor(0), own: [{ last: params as TensorTree }] }),
      update: (gradients, { seen }) => ({
        updates: gradients as TensorTree,
        state: { seen: add(seen, 1), own: [{ last: gradients as TensorTree }] },
      }),
    }
    const step = env.compile((ctx) => ({
      train: chain(signed, signed, sgd({ learningRate: 1 })).minimize(sum(ctx.variable('w')), ctx.variables()),
    }))
    await step()
    expect(env.variableNames().sort()).toEqual(
      ['w', 'learningRate', 'own/last/w', 'own/last/w~2', 'seen', 'seen~2']
        .map((n) => (n === 'w' ? n : `optimizer/${n}`))
        .sort(),
    )
    expect([...(await env.name('optimizer/own/last/w').get()).data]).toEqual([1])
  })
  it('that change the structure of their state are refused by name', () => {
    const env = runtime.variables()
    env.name('w').set(vector(1))
    const broken = optimizer({
      init: () => ({ a: tensor(0) }),
      update: (g) => ({ updates: g as never, state: {} as never }),
    })
    expect(() => env.compile((ctx) => ({ train: broken.minimize(sum(ctx.variable('w')), ctx.variables()) }))).toThrow(
      expect.objectContaining({ name: 'NameError' }),
    )
  })
})

describe('state in an environment', () => {
  it('is there before the first step, to be loaded', async () => {
    const make = (): { env: ReturnType<Runtime['variables']>; step: () => Promise<unknown> } => {
      const env = runtime.variables()
      env.name('w').set(vector(1, 2))
      const step = env.compile((ctx) => ({
        train: adam().minimize(sum(square(ctx.variable('w'))), ctx.variables()),
      }))
      return { env, step }
    }
    const [first, second] = [make(), make()]
    await first.step()
    second.env.load(await first.env.save())
    await Promise.all([first.step(), second.step()])
    expect(await second.env.save()).toEqual(await first.env.save())
  })
  it('has the names of files that were saved before', () => {
    const namesOf = (opt: Optimizer): string[] => {
      const env = runtime.variables()
      for (const name of ['a', 'calls']) env.name(name).set(vector(1, 2))
      env.compile((ctx) => {
        const loss = ctx
          .variables()
          .map((v) => sum(square(v)))
          .reduce((x, y) => add(x, y))
        return { train: opt.minimize(loss, ctx.variables()) }
      })
      return env
        .variableNames()
        .filter((name) => name.startsWith('optimizer/'))
        .map((name) => name.slice(10))
        .sort()
    }
    expect(namesOf(adam())).toEqual(['learningRate', 'm/a', 'm/calls', 'step', 'v/a', 'v/calls'])
    expect(namesOf(chain(sgd({ learningRate: 1, momentum: 0.5 }), sgd({ learningRate: 1, momentum: 0.5 })))).toEqual([
      'learningRate',
      'learningRate~2',
      'momentum/a',
      'momentum/a~2',
      'momentum/calls',
      'momentum/calls~2',
    ])
    expect(namesOf(scaleLoss(accumulate(2, adam({ learningRate: rate }))))).toEqual([
      'accumulate/a',
      'accumulate/calls',
      'accumulate/calls~2',
      'lossScale/scale',
      'lossScale/streak',
      'm/a',
      'm/calls',
      'step',
      'v/a',
      'v/calls',
    ])
    const groups = { x: adam({ learningRate: rate }), y: accumulate(2, nadam()), z: freeze() }
    expect(
      namesOf(
        chain(
          perGroup((name) => (name === 'a' ? 'x' : 'y'), groups),
          ema(0.9),
        ),
      ),
    ).toEqual([
      'ema/a',
      'ema/calls',
      'step',
      'x/m/a',
      'x/v/a',
      'y/accumulate/calls',
      'y/accumulate/calls~2',
      'y/learningRate',
      'y/m/calls',
      'y/momentumProduct',
      'y/step',
      'y/v/calls',
    ])
    expect(
      namesOf(
        chain(
          maskedBy((name) => name === 'a', scaleByAdam()),
          reduceOnPlateau(),
        ),
      ),
    ).toEqual([
      'm/a',
      'plateau/bad',
      'plateau/best',
      'plateau/cooling',
      'plateau/count',
      'plateau/scale',
      'plateau/sum',
      'step',
      'v/a',
    ])
  })
})

describe('parameters of layers as plain tensors', () => {
  it.each<[string, () => Optimizer]>([
    ['adamw', () => adamw({ learningRate: 0.1, weightDecay: 0.5 })],
    ['adam', () => adam({ learningRate: 0.1, weightDecay: 0.5 })],
    ['sgd', () => sgd({ learningRate: 0.1, weightDecay: 0.5 })],
    ['lion', () => lion({ learningRate: 0.1, weightDecay: 0.5 })],
    ['lamb', () => lamb({ learningRate: 0.1, weightDecay: 0.5 })],
  ])('decay, what they keep as state does not: %s', async (_, make) => {
    const params = {
      norm: { scale: vector(2, 2), state: { mean: vector(3, 4), deeper: [vector(5)] } },
      cell: { state: vector(7) },
    }
    const zeros = mapTensors((t) => mul(t, 0), params)
    const next = make().next({ params, gradients: zeros }).params
    const { scale, state } = next.norm
    expect(await numbers(state.mean)).toEqual([3, 4])
    expect(await numbers(state.deeper[0])).toEqual([5])
    expect((await numbers(scale))[0]).toBeLessThan(2)
    // A tensor of this name is a parameter like others.
    expect((await numbers(next.cell.state))[0]).toBeLessThan(7)
  })
  it('have types that are interfaces too', async () => {
    interface Params {
      w: Tensor
      inner: { b: Tensor }
    }
    const opt = sgd({ learningRate: 1 })
    let params: Params = { w: vector(1), inner: { b: vector(2) } }
    let state = opt.init(params)
    const gradients: Params = { w: vector(1), inner: { b: vector(1) } }
    ;({ params, state } = opt.next({ params, gradients, state }))
    const [, traced] = valueAndGrad((p: Params) => sum(square(p.w)).add(sum(p.inner.b)))(params)
    params = opt.next({ params, gradients: traced, state }).params
    expect([...(await numbers(params.w)), ...(await numbers(params.inner.b))]).toEqual([0, 0])
  })
})

it('weight decay refuses parameters that are no structure, or have no end', () => {
  const endless: Record<string, unknown> = { w: vector(1) }
  endless['again'] = endless
  for (const params of ['@', { w: '@' }, { w: hostArray(new Float32Array(1)) }, endless])
    expect(() => adamw().next({ params: params as never, gradients: { w: vector(1) } })).toThrow(
      expect.objectContaining({ code: expect.any(String) as string }),
    )
})
