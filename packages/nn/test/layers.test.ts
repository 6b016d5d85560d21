import { describe, expect, it } from 'vitest'
import { grad, mean, mul, square as squared, sub, sum, tensor, type Tensor } from '@gradloom/core'
import { createRng } from '@gradloom/ops'
import {
  dropout,
  elu,
  gelu,
  glu,
  hardTanh,
  layers,
  leakyRelu,
  lstm,
  multiHeadAttention,
  relu,
  scaledDotProductAttention,
  softmax,
} from '../src/index.ts'
import { list, refusal, values, withRuntime } from './runtime.ts'

const runtime = withRuntime()
const { getVariables, inference, sequential, setVariables, training } = layers

describe('dropout', () => {
  it('keeps the share and the scale that it says', async () => {
    const y = await list(dropout(tensor(new Float32Array(10_000).fill(1)), { rate: 0.3, rng: createRng(1) }))
    expect(new Set(y.map((v) => v.toFixed(5)))).toEqual(new Set(['0.00000', (1 / 0.7).toFixed(5)]))
    expect(Math.abs(y.filter((v) => v === 0).length / 10_000 - 0.3)).toBeLessThan(0.02)
  })
  it('draws afresh each run, and the gradient has the mask of its run', async () => {
    const env = runtime().variables()
    const rng = createRng(7)
    env.name('x').set(values([200]))
    const step = env.compile((ctx) => {
      const x = ctx.variable('x')
      const y = dropout(x, { rng })
      const [dx] = grad([sum(y)], [x])
      return { y, dx }
    })
    const [one, two] = [await step(), await step()]
    for (const { y, dx } of [one, two]) y.data.forEach((v, i) => expect(dx.data[i]).toBe(v === 0 ? 0 : 2))
    expect([...one.y.data]).not.toEqual([...two.y.data])
  })
  it('at rate 0 and in inference is x, at rate 1 zeros with a gradient of zeros', async () => {
    const x = values([3])
    const rng = createRng(1)
    expect(dropout(x, { rate: 0, rng })).toBe(x)
    expect(dropout(x, { training: false, rng })).toBe(x)
    expect((await list(grad([sum(dropout(x, { rate: 1, rng }))], [x])[0])).map(Math.abs)).toEqual([0, 0, 0])
    expect(() => dropout(x, { rate: 1.5, rng })).toThrow(expect.objectContaining({ name: 'SettingError' }))
  })
})

describe('layers', () => {
  const model = sequential(
    layers.conv2d(1, 2, { kernelSize: 3, padding: 1 }),
    layers.batchNorm(2),
    relu,
    (x: Tensor) => mean(x, { axis: [2, 3] }),
    layers.dropout(0.5),
    layers.linear(2, 3),
  )

  it('name variables by their path, and apply to them', async () => {
    const env = runtime().variables()
    const start = model.init(createRng(3))
    setVariables(env.namespace('net'), start)
    expect(env.variableNames()).toEqual([
      'net/0/weight',
      'net/0/bias',
      'net/1/scale',
      'net/1/bias',
      'net/1/mean',
      'net/1/variance',
      'net/5/weight',
      'net/5/bias',
    ])
    const step = env.compile((ctx) => ({
      y: model.apply(getVariables(ctx, start, 'net'), ctx.placeholder('x', [-1, 1, 4, 4])),
    }))
    expect(
      (
        await step({
          x: new Array(5).fill([
            [
              [1, 2, 3, 4],
              [5, 6, 7, 8],
              [1, 1, 1, 1],
              [0, 0, 0, 1],
            ],
          ]),
        })
      ).y.shape,
    ).toEqual([5, 3])
  })
  it('move running statistics in training only, as state that is saved and not trained', async () => {
    const norm = layers.batchNorm(1)
    const env = runtime().variables()
    const start = norm.init(createRng(1))
    setVariables(env, start)
    const train = env.compile((ctx) => {
      const mode = training()
      const y = norm.apply(getVariables(ctx, start), ctx.placeholder('x', [-1, 1]), mode)
      expect(ctx.variables().length).toBe(2)
      return { y, state: mode.updates() }
    })
    const infer = env.compile((ctx) => ({
      y: norm.apply(getVariables(ctx, start), ctx.placeholder('x', [-1, 1]), inference),
    }))
    const before = await infer({ x: [[10]] })
    expect(before.y.data[0]).toBeCloseTo(10, 3)
    for (let i = 0; i < 200; i++) await train({ x: [[8], [12]] })
    expect((await env.name('mean').get()).data[0]).toBeCloseTo(10, 4)
    expect((await env.name('variance').get()).data[0]).toBeCloseTo(8, 4)
    const first = (await infer({ x: [[10], [14]] })).y.data
    expect(first[0]).toBeCloseTo(0, 3)
    expect([...(await infer({ x: [[10], [14]] })).y.data]).toEqual([...first])
    expect([...(await env.save()).keys()]).toEqual(['scale', 'bias', 'mean', 'variance'])
  })
  it('apply to plain tensors', async () => {
    const net = sequential(layers.linear(3, 4), relu, layers.layerNorm(4), layers.linear(4, 1, { bias: false }))
    const p = net.init(createRng(5))
    expect((await net.apply(p, tensor([[1, 2, 3]])).eval()).shape).toEqual([1, 1])
  })
  it('dropout in training needs a generator', () => {
    expect(() => layers.dropout(0.5).apply({}, values([2]), training())).toThrow(
      expect.objectContaining({ name: 'DTypeError' }),
    )
  })
  it('have gradients for every parameter of a transformer block', async () => {
    const features = 8
    const block = layers.transformerBlock(features, { heads: 2, causal: true })
    const env = runtime().variables()
    const start = block.init(createRng(2))
    setVariables(env, start)
    const step = env.compile((ctx) => {
      const x = values([2, 5, features])
      const p = getVariables(ctx, start)
      const y = block.apply(p, x.cast('float32'), training({ rng: createRng(3) }))
      const target = values([2, 5, features], 4, 0.3).cast('float32')
      const all = ctx.variables()
      const loss = mean(squared(sub(y, target)))
      return {
        loss,
        gradients: grad([loss], all)
          .map((g) => sum(mul(g, g)))
          .reduce((a, b) => a.add(b)),
      }
    })
    const { loss, gradients } = await step()
    expect(Number.isFinite(loss.item()) && gradients.item() > 0).toBe(true)
  })
})

describe('settings', () => {
  const x = values([2, 4])
  const bad = (options: unknown): never => options as never
  const weights = { query: x, key: x, value: x, output: x }
  const wide = values([4, 4])
  const square = { query: wide, key: wide, value: wide, output: wide }

  it('of activations, dropout, attention and recurrent nets are refused where they are not known or not possible', () => {
    const refused: readonly (readonly [() => unknown, string, string, string])[] = [
      [
        () => gelu(x, bad({ approximate: 'Tanh' })),
        'SettingError',
        'gelu',
        "'none' or 'tanh' required as approximate, got Tanh",
      ],
      [() => gelu(x, bad({ approx: 'tanh' })), 'NameError', 'gelu', 'approx.*approximate'],
      [() => softmax(x, bad({ dim: 1 })), 'NameError', 'softmax', 'dim.*axis'],
      [() => softmax(x, bad(1)), 'SettingError', 'softmax', 'settings.*got 1'],
      [() => softmax(x, { axis: 0.5 }), 'ShapeError', 'softmax', 'axis'],
      [() => softmax(x, bad({ axis: '0' })), 'ShapeError', 'softmax', 'axis'],
      [() => glu(x, bad({ axes: 0 })), 'NameError', 'glu', 'axes'],
      [() => elu(x, bad({ alpha: '1' })), 'SettingError', 'elu', 'a number'],
      [() => leakyRelu(x, bad({ negativeSlope: 0.1 })), 'NameError', 'leakyRelu', 'slope'],
      [() => hardTanh(x, { min: NaN }), 'SettingError', 'hardTanh', 'min'],
      [() => dropout(x, bad({})), 'DTypeError', 'dropout', 'random generator.*got undefined'],
      [() => dropout(x, bad({ rng: 7 })), 'DTypeError', 'dropout', 'random generator.*got number'],
      [() => dropout(x, bad({ p: 0.5, rng: createRng(1) })), 'NameError', 'dropout', 'rate, rng, training'],
      [() => dropout(x, { rate: NaN, rng: createRng(1) }), 'SettingError', 'dropout', 'rate'],
      [() => scaledDotProductAttention(x, x, x, bad({ isCausal: true })), 'NameError', 'scaledDotProductAttention', ''],
      [() => multiHeadAttention(x, weights, bad({})), 'SettingError', 'multiHeadAttention', 'heads'],
      [() => multiHeadAttention(x, square, { heads: 3 }), 'ShapeError', 'multiHeadAttention', ''],
      [() => lstm(x, bad({}), bad({ reversed: true })), 'NameError', 'lstm', 'reverse'],
    ]
    for (const [call, name, op, said] of refused) expect(call).toThrow(refusal(name, op, said) as Error)
  })
  it('of layers are refused when the layer is made', () => {
    const refused: readonly (readonly [() => unknown, string, string, string])[] = [
      [() => layers.linear(2, 3, bad(false)), 'SettingError', 'linear', 'an object of .*bias.* got false'],
      [() => layers.conv2d(2, 3, bad(3)), 'SettingError', 'conv2d', 'an object of .*kernelSize.* got 3'],
      [() => layers.linear(2.5, 3), 'SettingError', 'linear', 'a whole number .* required as features, got 2.5'],
      [() => layers.linear(2, bad('3')), 'SettingError', 'linear', 'outputs'],
      [() => layers.linear(2, 3, bad({ useBias: false })), 'NameError', 'linear', 'useBias'],
      [() => layers.conv2d(1, 2, bad({})), 'ShapeError', 'conv2d', 'kernelSize'],
      [() => layers.conv2d(3, 2, { kernelSize: 1, groups: 2 }), 'ShapeError', 'conv2d', 'divisible by 2 groups'],
      [() => layers.batchNorm(0), 'SettingError', 'batchNorm', 'channels'],
      [() => layers.batchNorm(2, { momentum: -1 }), 'SettingError', 'batchNorm', 'momentum'],
      [() => layers.layerNorm(2, bad({ epsilon: 1 })), 'NameError', 'layerNorm', 'epsilon'],
      [() => layers.embedding(2, NaN), 'SettingError', 'embedding', 'features'],
      [() => layers.dropout(2), 'SettingError', 'dropout', 'rate'],
      [() => layers.attention(6, { heads: 4 }), 'ShapeError', 'attention', 'divisible by 4 heads'],
      [() => layers.transformerBlock(8, bad({ heads: 2, head: 2 })), 'NameError', 'transformerBlock', 'heads'],
      [
        () => layers.transformerBlock(8, { heads: 2, dropoutRate: 7 }),
        'SettingError',
        'transformerBlock',
        'dropoutRate',
      ],
      [() => layers.lstm(2, 1.5).init(createRng(1)), 'SettingError', 'lstm', 'hidden'],
      [() => layers.training(bad({ seed: 1 })), 'NameError', 'training', 'rng'],
    ]
    for (const [call, name, op, said] of refused) expect(call).toThrow(refusal(name, op, said) as Error)
  })
  it('that are absent or undefined are the defaults', async () => {
    const want = await list(softmax(x))
    for (const options of [undefined, {}, { axis: undefined }])
      expect(await list(softmax(x, bad(options)))).toEqual(want)
  })
  it('biases of one element for many features are refused in the name of the function', () => {
    expect(() => multiHeadAttention(x, { ...square, keyBias: [1] }, { heads: 2 })).toThrow(
      refusal('ShapeError', 'multiHeadAttention', 'bias of shape .4.') as Error,
    )
  })
  it('dropout at rate 1 is 0 also where x is infinite, and needs no generator where nothing is drawn', async () => {
    const odd = tensor([Infinity, NaN, 1])
    expect(await list(dropout(odd, { rate: 1, rng: createRng(1) }))).toEqual([0, 0, 0])
    expect(await list(dropout(x, bad({ training: false })))).toEqual(await list(x))
  })
})

it('parameters of another layer are refused by name of what they are, also where a layer has state', () => {
  const rng = createRng(1)
  const wrong = layers.linear(3, 3).init(rng) as never
  for (const mode of [inference, training({ rng })])
    expect(() => layers.batchNorm(3).apply(wrong, tensor([[1, 2, 3]]), mode)).toThrow(
      expect.objectContaining({ code: expect.any(String) as string }),
    )
})
