import { describe, expect, it } from 'vitest'
import { cast, grad, mul, sum, tensor, type Tensor } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import { multiHeadAttention, scaledDotProductAttention } from '../src/index.ts'
import { f64, list, refusal, values, withRuntime } from './runtime.ts'

const runtime = withRuntime()

/** By definition, for [n, d], [m, d], [m, e] and a rule of who may look where. */
async function naive(q: Tensor, k: Tensor, v: Tensor, bias: (i: number, j: number) => number): Promise<number[]> {
  const [qs, ks, vs] = await Promise.all([q, k, v].map(list))
  const [n, d] = q.shape
  const [m, e] = v.shape
  return Array.from({ length: n }, (_, i) => {
    const s = Array.from(
      { length: m },
      (__, j) =>
        bias(i, j) +
        Array.from({ length: d }, (___, c) => qs[i * d + c] * ks[j * d + c]).reduce((a, b) => a + b, 0) / Math.sqrt(d),
    )
    const w = s.map((x) => Math.exp(x - Math.max(...s)))
    const total = w.reduce((a, b) => a + b, 0)
    return Array.from({ length: e }, (__, c) => w.reduce((a, x, j) => a + (x / total) * vs[j * e + c], 0))
  }).flat()
}
const q = values([3, 4])
const k = values([5, 4], 1)
const v = values([5, 2], 2)
const expectClose = (got: number[], want: number[]): void => {
  want.forEach((w, i) => expect(got[i]).toBeCloseTo(w, 10))
}

describe('scaledDotProductAttention', () => {
  it('is its definition: plain, causal, with masks of both kinds', async () => {
    expectClose(await list(scaledDotProductAttention(q, k, v)), await naive(q, k, v, () => 0))
    expectClose(
      await list(scaledDotProductAttention(q, k, v, { causal: true })),
      await naive(q, k, v, (i, j) => (j <= i ? 0 : -Infinity)),
    )
    const allowed = Array.from({ length: 3 }, (_, i) => Array.from({ length: 5 }, (__, j) => (i + j) % 3 !== 0))
    expectClose(
      await list(scaledDotProductAttention(q, k, v, { mask: tensor(allowed) })),
      await naive(q, k, v, (i, j) => (allowed[i][j] ? 0 : -Infinity)),
    )
    const bias = values([1, 5], 3)
    const row = await list(bias)
    expectClose(await list(scaledDotProductAttention(q, k, v, { mask: bias })), await naive(q, k, v, (_, j) => row[j]))
  })
  it('refuses a scale that is no number', () => {
    const refused = refusal('SettingError', 'scaledDotProductAttention', 'scale')
    for (const scale of [NaN, '1' as never]) {
      expect(() => scaledDotProductAttention(q, k, v, { scale })).toThrow(refused)
      const w = { query: values([2, 2]), key: values([2, 2]), value: values([2, 2]), output: values([2, 2]) }
      expect(() => multiHeadAttention(values([3, 2]), w, { heads: 1, scale })).toThrow(refused)
    }
  })
  it('has gradients to second order, in an additive mask too', async () => {
    await checkGrads(
      (a, b, c) => scaledDotProductAttention(a, b, c, { causal: true }),
      [values([2, 3, 2]), values([2, 3, 2], 1), values([2, 3, 2], 2)],
    )
    await checkGrads(
      (a, b, c, m) => scaledDotProductAttention(a, b, c, { mask: m, scale: 0.7 }),
      [values([2, 2]), values([3, 2], 1), values([3, 2], 2), values([1, 3], 3)],
    )
  })
  it('has probabilities of sum 1 in the backward pass too, however far from 0 scores are, in float32', async () => {
    const narrow = [q, k, v].map((t) => cast(t, 'float32'))
    for (const mask of [-1e9, -3e38, 1e9]) {
      const y = scaledDotProductAttention(narrow[0], narrow[1], narrow[2], { mask: [[mask]] })
      const [dv] = grad([sum(y)], [narrow[2]])
      ;(await list(dv)).forEach((p) => expect(p).toBeCloseTo(3 / 5, 6))
    }
  })
  it('broadcasts leading axes and sums gradients back', () =>
    checkGrads(
      (a, b, c) => scaledDotProductAttention(a, b, c),
      [values([2, 2, 2, 2]), values([2, 1, 3, 2], 1), values([3, 2], 2)],
      { order: 1 },
    ))
  it('survives scores of +-1000', async () => {
    const far = scaledDotProductAttention(f64([[1000]]), f64([[1], [-1]]), f64([[3], [4]]))
    expect(await list(far)).toEqual([3])
  })
  it('keeps no array of [queries, keys] for the backward pass', async () => {
    const tokens = 64
    const features = 4
    const peak = async (layers: number): Promise<number> => {
      const env = runtime().variables()
      env.name('x').set(values([tokens, features]))
      const step = env.compile((ctx) => {
        const start = ctx.variable('x')
        let x = start
        for (let i = 0; i < layers; i++) x = scaledDotProductAttention(x, mul(x, 0.5), x)
        return { g: grad([sum(mul(x, x))], [start])[0] }
      })
      return (await step.plan()).arenaBytes
    }
    expect((await peak(8)) - (await peak(4))).toBeLessThan((4 * tokens * tokens * 8) / 2)
  })
  it('refuses features and tokens that differ', () => {
    const refused = expect.objectContaining({ name: 'ShapeError' })
    expect(() => scaledDotProductAttention(q, values([5, 3]), v)).toThrow(refused)
    expect(() => scaledDotProductAttention(q, k, values([4, 2]))).toThrow(refused)
    expect(() => scaledDotProductAttention(q, k, v, { mask: values([3, 4]) })).toThrow(refused)
    const [a, b, c] = [q, k, v].map((x) => x.expandDims(0))
    expect(() => scaledDotProductAttention(a, b, c, { mask: values([2, 1, 1]) })).toThrow(refused)
  })
})

describe('multiHeadAttention', () => {
  it('attends in each head on its own features', async () => {
    const x = values([3, 4])
    const eye = f64([
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ])
    const y = await list(multiHeadAttention(x, { query: eye, key: eye, value: eye, output: eye }, { heads: 2 }))
    const xs = await list(x)
    for (const head of [0, 1]) {
      const part = f64(Array.from({ length: 3 }, (_, i) => [xs[i * 4 + head * 2], xs[i * 4 + head * 2 + 1]]))
      const want = await naive(part, part, part, () => 0)
      for (let i = 0; i < 3; i++)
        for (let c = 0; c < 2; c++) expect(y[i * 4 + head * 2 + c]).toBeCloseTo(want[i * 2 + c], 10)
    }
  })
  it('refuses weights that are none', () => {
    const refused = refusal('DTypeError', 'tensor', 'got undefined')
    for (const w of [undefined, null, {}]) {
      expect(() => multiHeadAttention(values([3, 2]), w as never, { heads: 1 })).toThrow(refused)
    }
  })
  it('takes unknown batch and token sizes', async () => {
    await runtime().run(async (ctx) => {
      const x = ctx.placeholder('x', [-1, -1, 4], 'float64')
      const w = values([4, 4], 5)
      const y = multiHeadAttention(x, { query: w, key: w, value: w, output: w }, { heads: 2, causal: true })
      for (const [b, t] of [
        [1, 3],
        [2, 2],
      ]) {
        const [h] = await ctx
          .evaluator()
          .push(y)
          .feed(x, values([b, t, 4]).memo!)
          .run()
        expect(h.shape).toEqual([b, t, 4])
      }
    })
  })
  it('has gradients through all weights', () =>
    checkGrads(
      (x, query, key, value, output, bias) =>
        multiHeadAttention(x, { query, key, value, output, queryBias: bias, outputBias: bias }, { heads: 2 }),
      [values([2, 4]), ...[1, 2, 3, 4].map((s) => values([4, 4], s, 0.5)), values([4], 6)],
      { order: 1 },
    ))
})
