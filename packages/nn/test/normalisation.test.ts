import { describe, expect, it } from 'vitest'
import { add, assign, grad, hostArray, mul, sum, tensor, updates, type Tensor } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from '../src/index.ts'
import { f64, list, refusal, values, withRuntime } from './runtime.ts'

const runtime = withRuntime()
const mean = (x: number[]): number => x.reduce((a, b) => a + b, 0) / x.length
const variance = (x: number[]): number => mean(x.map((v) => (v - mean(x)) ** 2))

describe('layerNorm', () => {
  it('standardises over several axes, scaled and shifted along them', async () => {
    const x = values([2, 3, 4])
    const scale = values([2, 4], 1)
    const bias = values([2, 4], 2)
    const y = layerNorm(x, { axis: [0, 2], scale, bias })
    const [xs, ys, ss, bs] = await Promise.all([x, y, scale, bias].map(list))
    for (let j = 0; j < 3; j++) {
      const at = (a: number, c: number): number => (a * 3 + j) * 4 + c
      const row = [0, 1].flatMap((a) => [0, 1, 2, 3].map((c) => xs[at(a, c)]))
      for (let a = 0; a < 2; a++)
        for (let c = 0; c < 4; c++) {
          expect(ys[at(a, c)]).toBeCloseTo(
            ((xs[at(a, c)] - mean(row)) / Math.sqrt(variance(row) + 1e-5)) * ss[a * 4 + c] + bs[a * 4 + c],
            10,
          )
        }
    }
  })
  it('has gradients to second order in everything', () =>
    checkGrads(
      (x, scale, bias) => layerNorm(x, { scale, bias, axis: 1 }),
      [values([2, 3, 2]), values([3], 1), values([3], 2)],
    ))
  it('of equal elements is the bias', async () => {
    expect(await list(layerNorm(f64([5, 5, 5]), { bias: f64([1, 2, 3]) }))).toEqual([1, 2, 3])
  })
  it('keeps the digits of values far from 0', async () => {
    const got = await list(layerNorm(f64([1e8 + 1, 1e8 + 2, 1e8 + 3])))
    ;[-1, 0, 1].forEach((v, i) => expect(got[i]).toBeCloseTo(v * Math.sqrt(1.5), 4))
  })
  it('refuses a scale of another size', () => {
    expect(() => layerNorm(values([2, 3]), { scale: [1, 2] })).toThrow(expect.objectContaining({ name: 'ShapeError' }))
  })
})

describe('norms of large values in float32', () => {
  it.each([
    [1e18, 1],
    [1e25, 0],
  ])('of +-%d are +-%d', async (x, want) => {
    const t = tensor([x, -x])
    const { output } = batchNorm(t.reshape([2, 1]), { training: true })
    for (const y of [layerNorm(t), rmsNorm(t), output])
      expect((await list(y)).map(Math.abs)).toEqual([want, want].map((v) => expect.closeTo(v, 6) as number))
  })
})

describe('rmsNorm, groupNorm and instanceNorm', () => {
  it('have gradients to second order', async () => {
    await checkGrads((x, scale) => rmsNorm(x, { scale }), [values([2, 3]), values([3], 1)])
    await checkGrads(
      (x, scale, bias) => groupNorm(x, { groups: 2, scale, bias }),
      [values([2, 4, 3]), values([4], 1), values([4], 2)],
    )
    await checkGrads((x) => instanceNorm(x), [values([2, 2, 3])])
  })
  it('meet: one group a channel is instanceNorm', async () => {
    const x = values([2, 3, 4])
    expect(await list(groupNorm(x, { groups: 3 }))).toEqual(await list(instanceNorm(x)))
  })
  it('refuse channels that groups do not divide', () => {
    expect(() => groupNorm(values([2, 3, 4]), { groups: 2 })).toThrow(expect.objectContaining({ name: 'ShapeError' }))
  })
})

describe('batchNorm', () => {
  it('moves running statistics as PyTorch: the variance unbiased, by momentum', async () => {
    const x = f64([
      [1, 10],
      [3, 30],
    ])
    const r = batchNorm(x, { training: true, mean: f64([0, 0]), variance: f64([1, 1]), momentum: 0.25 })
    expect(await list(r.mean)).toEqual([0.5, 5])
    expect(await list(r.variance)).toEqual([0.75 + 0.25 * 2, 0.75 + 0.25 * 200])
  })
  it('standardises by them in inference', async () => {
    const { output } = batchNorm(f64([[[3, 5]]]), {
      mean: f64([1]),
      variance: f64([4]),
      eps: 0,
      scale: f64([10]),
      bias: f64([1]),
    })
    expect(await list(output)).toEqual([11, 21])
  })
  it('has gradients to second order in training', () =>
    checkGrads(
      (x, scale, bias) => batchNorm(x, { scale, bias, training: true }).output,
      [values([3, 2, 2]), values([2], 1), values([2], 2)],
    ))
  it('sends no gradient through statistics', async () => {
    await checkGrads(
      (x) => {
        const r = batchNorm(x, { training: true })
        return mul(r.output, add(mul(r.mean.reshape([1, 2]), 0), 1))
      },
      [values([3, 2])],
    )
  })
  it('serves any batch size with one graph', async () => {
    await runtime().run(async (ctx) => {
      const x = ctx.placeholder('x', [-1, 2])
      const { output, variance: v } = batchNorm(x, { training: true })
      const [y, s] = await ctx
        .evaluator()
        .push(output, v)
        .feed(x, [
          [1, 1],
          [3, 5],
          [5, 9],
        ])
        .run()
      expect([...s.data]).toEqual([4, 16])
      expect(y.data[0]).toBeCloseTo(-Math.sqrt(1.5), 4)
    })
  })
  it('trains where several sizes are unknown', async () => {
    await runtime().run(async (ctx) => {
      const x = ctx.placeholder('x', [-1, 1, -1])
      const { output, mean: m } = batchNorm(x, { training: true })
      const fed = ctx.evaluator().push(output, m)
      const [y, s] = await fed.feed(x, [[[1, 3]], [[3, 5]]]).run()
      expect(s.array()).toEqual([3])
      expect(y.data[0]).toBeCloseTo(-Math.SQRT2, 4)
      await expect(fed.feed(x, [[[1]]]).run()).rejects.toThrow(refusal('ShapeError', 'batchNorm') as Error)
    })
  })
  it('refuses inference without statistics', () => {
    expect(() => batchNorm(values([2, 2]))).toThrow(expect.objectContaining({ name: 'ShapeError' }))
  })
})

describe('equal elements', () => {
  const equal = (value: number, count: number): Tensor => tensor(new Float32Array(count).fill(value))
  it('are 0 exactly in every norm, however their mean is rounded, in float32', async () => {
    for (const [value, count] of [
      [4332.32, 768],
      [0.1, 41],
      [1 / 3, 1000],
      [-1e6 / 7, 3],
      [16777217 / 3, 4096],
    ]) {
      const x = equal(value, count)
      const zeros = new Set([0])
      const norms = {
        layer: layerNorm(x.reshape([1, count])),
        group: groupNorm(x.reshape([1, 1, count]), { groups: 1 }),
        instance: instanceNorm(x.reshape([1, 1, count])),
        batch: batchNorm(x.reshape([count, 1]), { training: true }).output,
        batchVariance: batchNorm(x.reshape([count, 1]), { training: true }).variance,
      }
      for (const [name, y] of Object.entries(norms))
        expect({ name, values: new Set((await list(y)).map(Math.abs)) }).toEqual({ name, values: zeros })
    }
  })
  it('have the gradient of the limit: the cotangent less its mean, over the root of eps', async () => {
    const x = f64([[0.1, 0.1, 0.1]])
    const [dx] = grad([sum(mul(layerNorm(x), f64([3, 0, 0])))], [x])
    ;(await list(dx)).forEach((v, i) => expect(v).toBeCloseTo((i ? -1 : 2) / Math.sqrt(1e-5), 9))
  })
})

describe('layerNorm far from 0', () => {
  // A sum of such numbers rounds by thousands; their mean is an element of float32 for 7 of them, and none for 4.
  it.each([7, 4])('has the digits that deviations from the mean have, in float32, of %d values', async (count) => {
    const row = Array.from({ length: 301 }, (_, i) => 2 ** 24 + 2 * ((i % count) - 3))
    const m = mean(row)
    const deviation = Math.sqrt(variance(row) + 1e-5)
    const got = await list(layerNorm(tensor([row])))
    got.forEach((v, i) => expect(v).toBeCloseTo((row[i] - m) / deviation, 5))
  })
})

describe('batchNorm on batches that say little', () => {
  it('keeps its running statistics on an empty batch, and its output is empty', async () => {
    const env = runtime().variables()
    env.name('m').set(f64([1, 2]))
    env.name('v').set(f64([3, 4]))
    const step = env.compile((ctx) => {
      const m = ctx.variable('m')
      const v = ctx.variable('v')
      const x = ctx.placeholder('x', [-1, 2], 'float64')
      const next = batchNorm(x, { training: true, mean: m, variance: v, momentum: 0.5 })
      return { y: next.output, state: updates(assign(m, next.mean), assign(v, next.variance)) }
    })
    const none = await step({ x: hostArray(new Float64Array(0), [0, 2]) })
    expect(none.y.shape).toEqual([0, 2])
    expect([...(await env.name('m').get()).data, ...(await env.name('v').get()).data]).toEqual([1, 2, 3, 4])
    await step({
      x: [
        [0, 0],
        [2, 4],
      ],
    })
    expect([...(await env.name('m').get()).data, ...(await env.name('v').get()).data]).toEqual([1, 2, 2.5, 6])
  })
  it('refuses one value a channel in training, at once or when the batch size is known', async () => {
    expect(() => batchNorm(values([1, 3]), { training: true })).toThrow(
      refusal('ShapeError', 'batchNorm', 'one value a channel') as Error,
    )
    expect(() => batchNorm(values([1, 3, 1]), { training: true })).toThrow(refusal('ShapeError', 'batchNorm') as Error)
    await runtime().run(async (ctx) => {
      const x = ctx.placeholder('x', [-1, 2])
      const { mean: m } = batchNorm(x, { training: true })
      const run = ctx
        .evaluator()
        .push(m)
        .feed(x, [[1, 2]])
        .run()
      await expect(run).rejects.toMatchObject({
        name: 'ShapeError',
        message: expect.stringMatching(/^batchNorm: /) as string,
      })
    })
    expect(await list(batchNorm(values([1, 3]), { mean: [0, 0, 0], variance: [1, 1, 1], eps: 0 }).output)).toEqual(
      await list(values([1, 3])),
    )
  })
})

describe('settings of norms', () => {
  const x = values([2, 4, 3])
  it('of the wrong name, value or shape are refused in the name of the norm', () => {
    const refused: readonly (readonly [() => unknown, string, string, string])[] = [
      [() => layerNorm(x, { epsilon: 1e-3 } as object), 'NameError', 'layerNorm', 'epsilon.*scale, bias, axis, eps'],
      [() => layerNorm(x, { eps: -1 }), 'SettingError', 'layerNorm', 'as eps, got -1'],
      [() => layerNorm(x, { axis: '1' as unknown as number }), 'ShapeError', 'layerNorm', 'axis'],
      [() => layerNorm(x, { bias: [1] }), 'ShapeError', 'layerNorm', 'bias of shape'],
      [() => rmsNorm(x, { bias: [1, 1, 1] } as object), 'NameError', 'rmsNorm', 'bias'],
      [() => groupNorm(x, {} as { groups: number }), 'SettingError', 'groupNorm', 'required as groups, got undefined'],
      [() => groupNorm(x, { groups: 1.5 }), 'SettingError', 'groupNorm', 'got 1.5'],
      [() => groupNorm(x, { groups: 0 }), 'SettingError', 'groupNorm', 'got 0'],
      [() => groupNorm(x, { groups: '2' as unknown as number }), 'SettingError', 'groupNorm', 'got 2'],
      [() => groupNorm(values([4]), { groups: 2 }), 'ShapeError', 'groupNorm', 'rank 2'],
      [() => instanceNorm(x, { affine: true } as object), 'NameError', 'instanceNorm', 'affine'],
      [() => batchNorm(x, { momentum: 1.1, training: true }), 'SettingError', 'batchNorm', 'momentum'],
      [
        () => batchNorm(x, { training: 'yes' as unknown as boolean }),
        'SettingError',
        'batchNorm',
        'a boolean required as training',
      ],
      [() => batchNorm(x, { mean: [0], variance: [1, 1, 1, 1] }), 'ShapeError', 'batchNorm', 'mean of shape .4.'],
      [() => batchNorm(x, { training: true, variance: [1] }), 'ShapeError', 'batchNorm', 'variance of shape'],
      [() => batchNorm(x, { mean: [0, 0, 0, 0], variance: [1] }), 'ShapeError', 'batchNorm', 'variance of shape'],
    ]
    for (const [call, name, op, said] of refused) expect(call).toThrow(refusal(name, op, said) as Error)
  })
})
