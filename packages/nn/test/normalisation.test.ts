import { describe, expect, it } from 'vitest'
import { add, mul } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from '../src/index.ts'
import { f64, list, values, withRuntime } from './runtime.ts'

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
  it('refuses inference without statistics', () => {
    expect(() => batchNorm(values([2, 2]))).toThrow(expect.objectContaining({ name: 'ShapeError' }))
  })
})
