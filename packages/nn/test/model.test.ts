import { describe, expect, it } from 'vitest'
import { assign, grad, mul, scope, sub, tensor, updates, type Tensor, type Update } from '@gradloom/core'
import { createRng } from '@gradloom/ops'
import { layers, model, mseLoss, relu, sparseSoftmaxCrossEntropy, type Model } from '../src/index.ts'
import { list, values, withRuntime } from './runtime.ts'

const runtime = withRuntime()
const { batchNorm, dropout, linear, sequential, training } = layers

const descent = {
  minimize: (loss: Tensor, parameters: readonly Tensor[]): Update =>
    updates(...grad([loss], parameters).map((g, i) => assign(parameters[i], sub(parameters[i], mul(g, 0.1))))),
}
const net = (seed = 1, name = '', env = runtime().variables()): Model =>
  model(env, sequential(linear(2, 8), batchNorm(8), relu, linear(8, 3)), createRng(seed), { name })
const x = [
  [1, 2],
  [3, -1],
  [-2, 0.5],
  [0, 1],
]
const y = Int32Array.of(0, 1, 2, 0)
const lossOf = (scores: Tensor, labels: Tensor): Tensor =>
  sparseSoftmaxCrossEntropy(scores, labels, { reduction: 'mean' })
const trained = async (one: Model): Promise<Model> => {
  const step = one.compile({ loss: lossOf, optimizer: descent })
  for (let i = 0; i < 20; i++) await step(x, y)
  return one
}

describe('model', () => {
  it('trains, moves running statistics, and predicts with them', async () => {
    const one = net()
    const step = one.compile({ loss: lossOf, optimizer: descent })
    const first = await step(x, y)
    let last = first
    for (let i = 0; i < 60; i++) last = await step(x, y)
    expect(last).toBeLessThan(first / 3)
    const scores = (await one.predict(x)).array() as number[][]
    expect(scores.map((row) => row.indexOf(Math.max(...row)))).toEqual([...y])
    // Other sizes of a batch, and one example: running statistics need no batch.
    expect((await one.predict([x[1]])).array()).toEqual([scores[1]].map((row) => row.map((v) => expect.closeTo(v, 5))))
  })
  it('draws dropout afresh in training, and has none in prediction', async () => {
    const env = runtime().variables()
    const one = model(env, sequential(dropout(0.5), linear(50, 1)), createRng(2))
    const still = { minimize: (): Update => updates() }
    const step = one.compile({ loss: mseLoss, optimizer: still })
    const ones = [new Array<number>(50).fill(1)]
    expect(await step(ones, [[0]])).not.toBe(await step(ones, [[0]]))
    expect((await one.predict(ones)).data).toEqual((await one.predict(ones)).data)
  })
  it('goes on with the draws of dropout where a run stopped', async () => {
    const still = { minimize: (): Update => updates() }
    const make = () => model(runtime().variables(), sequential(dropout(0.5), linear(50, 1)), createRng(2))
    const ones = [new Array<number>(50).fill(1)]
    const whole = make().compile({ loss: mseLoss, optimizer: still })
    const losses = [await whole(ones, [[0]]), await whole(ones, [[0]]), await whole([...ones, ...ones], [[0], [0]])]
    expect(whole.runs).toBe(3)
    const resumed = make().compile({ loss: mseLoss, optimizer: still })
    resumed.runs = 1
    expect(await resumed(ones, [[0]])).toBe(losses[1])
    expect(await resumed([...ones, ...ones], [[0], [0]])).toBe(losses[2])
    expect(() => (resumed.runs = -1)).toThrow('a whole number required as runs')
  })
  it('counts runs of its steps with its own, so that no two draw the same dropout', async () => {
    const still = { minimize: (): Update => updates() }
    const make = () =>
      model(runtime().variables(), sequential(dropout(0.5), linear(50, 1)), createRng(2)).compile({
        loss: mseLoss,
        optimizer: still,
      })
    const one = { x: [new Array<number>(50).fill(1)], y: [[0]] }
    const train = make()
    const losses = [await train(one.x, one.y)]
    const step = train.step(one.x, one.y)
    losses.push((await step(one)).loss.item(), (await step(one)).loss.item(), await train(one.x, one.y))
    expect(new Set(losses).size).toBe(4)
    expect([train.runs, step.runs]).toEqual([4, 4])
    await step.plan(one)
    expect(train.runs).toBe(4)
    const resumed = make()
    const resumedStep = resumed.step(one.x, one.y)
    resumed.runs = 2
    expect((await resumedStep(one)).loss.item()).toBe(losses[2])
    expect(await resumed(one.x, one.y)).toBe(losses[3])
    resumedStep.runs = 1
    expect(await resumed(one.x, one.y)).toBe(losses[1])
    expect(() => (resumedStep.runs = 0.5)).toThrow('a whole number required as runs')
  })
  it('gives tools the step that a batch runs', async () => {
    const one = net(1)
    const step = one.compile({ loss: lossOf, optimizer: descent })
    const plan = await step.step(x, y).plan({ x, y })
    await step(x, y)
    expect(plan.outputs).toHaveLength(1)
    expect(runtime().plansCompiled).toBeGreaterThan(0)
  })
  it('refuses parameters that have to be awaited', () => {
    const env = runtime().variables()
    expect(() => layers.setVariables(env, net(1).save() as never)).toThrow('a record of tensors required')
  })
  it('lists every name with its shape and size', () => {
    expect(net().summary().split('\n')).toEqual([
      '0/weight    float32 [2, 8]: 16',
      '0/bias      float32 [8]: 8',
      '1/scale     float32 [8]: 8',
      '1/bias      float32 [8]: 8',
      '1/mean      float32 [8]: 8 of state',
      '1/variance  float32 [8]: 8 of state',
      '3/weight    float32 [8, 3]: 24',
      '3/bias      float32 [3]: 3',
      '67 parameters, 16 of state',
    ])
  })
  it('saves parameters and statistics alone, and loads them before or after it is compiled', async () => {
    const old = await trained(net(1))
    const saved = await old.save()
    expect([...saved.keys()].join()).toBe('0/weight,0/bias,1/scale,1/bias,1/mean,1/variance,3/weight,3/bias')
    const want = (await old.predict(x)).data
    const before = net(2)
    before.load(saved)
    expect((await before.predict(x)).data).toEqual(want)
    const after = await trained(net(3))
    expect((await after.predict(x)).data).not.toEqual(want)
    after.load(saved)
    expect((await after.predict(x)).data).toEqual(want)
  })
  it('shares an environment under a name of its own, which files do not hold', async () => {
    const env = runtime().variables()
    const [one, two] = [net(1, 'one', env), net(2, 'two', env)]
    two.load(await one.save())
    expect((await two.predict(x)).data).toEqual((await one.predict(x)).data)
    expect(env.variableNames()).toContain('two/1/variance')
    expect(() => net(3, 'two', env)).toThrow(expect.objectContaining({ name: 'NameError' }))
  })
  it('refuses names that are missing or unknown, or tells them where that is allowed', async () => {
    const one = net(1)
    const values = await one.save()
    values.delete('1/mean')
    values.set('optimizer/step', values.get('3/bias')!)
    const names = { missing: ['1/mean'], unknown: ['optimizer/step'] }
    expect(() => one.load(values)).toThrow(/^load: .*missing \[1\/mean\], unknown \[optimizer\/step\]/)
    expect(one.load(values, { partial: true })).toEqual(names)
    values.set('0/weight', values.get('3/bias')!)
    expect(() => one.load(values, { partial: true })).toThrow(expect.objectContaining({ name: 'ShapeError' }))
  })
  it('refuses what it cannot take, by name', () => {
    const bad = (value: unknown): never => value as never
    const env = runtime().variables()
    const refused = (name: string, call: () => unknown): void =>
      expect(call).toThrow(expect.objectContaining({ name, message: expect.stringMatching(/^(model|compile|load): /) }))
    refused('SettingError', () => model(env, linear(1, 1), bad(undefined)))
    refused('SettingError', () => model(env, bad(relu), createRng(1)))
    refused('SettingError', () => model(bad({}), linear(1, 1), createRng(1)))
    refused('NameError', () => model(env, linear(1, 1), createRng(1), bad({ prefix: 'a' })))
    refused('SettingError', () => net().compile(bad(undefined)))
    refused('SettingError', () => net().compile({ loss: mseLoss, optimizer: bad('adam') }))
    refused('NameError', () => net().compile(bad({ loss: mseLoss, optimizer: descent, metrics: [] })))
    refused('NameError', () => net().load(new Map(), bad({ strict: false })))
  })
  it('is applied outside of a step too', async () => {
    const one = await trained(net())
    expect(await list(one.apply(tensor(x)))).toEqual([...(await one.predict(x)).data])
  })
})

describe('the state of layers', () => {
  it('exists with the parameters: set, load and compile is an order that works', async () => {
    const layer = batchNorm(1)
    const start = layer.init(createRng(1))
    const [one, two] = [runtime().variables(), runtime().variables()]
    layers.setVariables(one, start)
    one.assign('mean', [5])
    layers.setVariables(two, start)
    two.load(await one.save())
    const step = two.compile((ctx) => ({ y: layer.apply(layers.getVariables(ctx, start), tensor([[5]])) }))
    expect((await step()).y.item()).toBeCloseTo(0, 6)
    await two.run((ctx) => expect(ctx.variables().length).toBe(2))
  })
  it('moves outside of a step too: the next parameters have it', async () => {
    const layer = batchNorm(1, { momentum: 0.5 })
    let p = layer.init(createRng(1))
    const mode = training()
    const out = layer.apply(p, tensor([[8], [12]]), mode)
    expect((await list(out)).map(Math.round)).toEqual([-1, 1])
    p = mode.next(p)
    expect(await list(p.state.mean)).toEqual([5])
    expect(await list(layer.apply(p, tensor([[5]])))).toEqual([0])
  })
  it('moves once for each use of a layer in a step', async () => {
    const layer = batchNorm(1, { momentum: 0.5 })
    const p = layer.init(createRng(1))
    const mode = training()
    layer.apply(p, tensor([[8], [12]]), mode)
    layer.apply(p, tensor([[8], [12]]), mode)
    expect(await list(mode.next(p).state.mean)).toEqual([7.5])
  })
})

describe('errors', () => {
  it('quote the layer of a sequential, also in a layer of its own', () => {
    const inner = sequential(relu, linear(3, 4))
    const outer = sequential(linear(2, 2), inner)
    const p = outer.init(createRng(1))
    expect(() => scope('net', () => outer.apply(p, values([1, 2]).cast('float32')))).toThrow(
      /^matmul: .* in net\/sequential\/1\/sequential\/1$/,
    )
  })
})
