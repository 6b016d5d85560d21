import { reference } from '@gradloom/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import * as g from './functions.ts'
import type { DType, Tensor } from '@gradloom/core'
import { createTestRuntime, list } from './ops-support.ts'

const rt = createTestRuntime()
afterAll(() => rt.close())
const moments = (d: readonly number[]): { mean: number; variance: number } => {
  const mean = d.reduce((a, b) => a + b, 0) / d.length
  return { mean, variance: d.reduce((a, b) => a + (b - mean) ** 2, 0) / d.length }
}

describe('philox4x32', () => {
  // The known answers that Random123 publishes for philox4x32-10.
  it.each<[[number, number, number, number], [number, number], string]>([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('has the known answer for %j', (counter, key, words) => {
    expect(
      g
        .philox4x32(counter, key)
        .map((w) => w.toString(16).padStart(8, '0'))
        .join(' '),
    ).toBe(words)
  })
})

describe('createRng', () => {
  it('draws the words that philox4x32 gives for index, stream, run and seed', async () => {
    const seed = 2 ** 35 + 7
    const rng = g.createRng(seed)
    const [first, second] = [rng.uniform([2, 3]), rng.uniform([4])]
    const word = (index: number, stream: number): number =>
      (g.philox4x32([index, stream, 0, 0], [7, 8])[0] >>> 8) * 2 ** -24
    expect(await list(rt, first)).toEqual([0, 1, 2, 3, 4, 5].map((i) => word(i, 0)))
    expect(await list(rt, second)).toEqual([0, 1, 2, 3].map((i) => word(i, 1)))
  })
  it('repeats itself for one seed and differs for others, without a new plan', async () => {
    const fresh = g.createRuntime({ backends: [reference()] })
    const draw = (seed: number): Promise<number[]> => list(fresh, g.createRng(seed).normal([5]))
    const one = await draw(1)
    const plans = fresh.plansCompiled
    expect(await draw(1)).toEqual(one)
    expect(await draw(2)).not.toEqual(one)
    expect(await draw(-1)).not.toEqual(one)
    expect(fresh.plansCompiled).toBe(plans)
    await fresh.close()
  })
  it('draws the streams after those that the draws before took, whatever these were', async () => {
    const rng = g.createRng(9)
    rng.truncatedNormal([2])
    const [d] = await list(rt, rng.uniform([1]))
    // Four pairs of candidates come of two streams each.
    expect(d).toBe((g.philox4x32([0, 8, 0, 0], [9, 0])[0] >>> 8) * 2 ** -24)
  })
  it('gives layers of equal shapes their initial values with one plan', async () => {
    const fresh = g.createRuntime({ backends: [reference()] })
    const env = fresh.variables()
    const rng = g.createRng(4)
    for (let layer = 0; layer < 12; layer++) env.name(`w${layer}`).set(rng.truncatedNormal([3, 2]))
    const step = env.compile((ctx) => ({ w: g.stack(ctx.variables()) }))
    const { w } = await step()
    expect(fresh.plansCompiled).toBe(2)
    expect(new Set(w.data).size).toBe(72)
    await fresh.close()
  })
  it('draws afresh in every run of a step, the same mask forward and backward, of a shape that the feed tells', async () => {
    const rng = g.createRng(3)
    const step = rt.variables().compile((ctx) => {
      const x = ctx.placeholder('x', [-1])
      const y = g.mul(x, rng.bernoulli(x, { p: 0.5, dtype: 'float32' }))
      return { y, gx: g.grad([y], [x])[0] }
    })
    const x = new Float32Array(40).fill(1)
    const masks: string[] = []
    for (let run = 0; run < 3; run++) {
      const { y, gx } = await step({ x })
      expect(Array.from(gx.data)).toEqual(Array.from(y.data))
      masks.push(String(y.data))
    }
    expect(new Set(masks).size).toBe(3)
  })

  const n = 2000
  const table: {
    readonly [name: string]: readonly [
      (rng: g.Rng, dtype: DType) => Tensor,
      mean: number,
      variance: number,
      low: number,
      high: number,
    ]
  } = {
    uniform: [(r, dtype) => r.uniform([n], { low: -1, high: 3, dtype }), 1, 16 / 12, -1, 3],
    normal: [(r, dtype) => r.normal([n], { mean: 2, std: 3, dtype }), 2, 9, -20, 24],
    truncatedNormal: [(r, dtype) => r.truncatedNormal([n], { dtype }), 0, 0.7737, -2, 2],
    logNormal: [
      (r, dtype) => r.logNormal([n], { std: 0.5, dtype }),
      Math.exp(0.125),
      (Math.exp(0.25) - 1) * Math.exp(0.25),
      0,
      20,
    ],
    exponential: [(r, dtype) => r.exponential([n], { rate: 4, dtype }), 0.25, 1 / 16, 0, 5],
    gamma: [(r, dtype) => r.gamma([n], 2.5, { scale: 2, dtype }), 5, 10, 0, 60],
    'gamma below 1': [(r, dtype) => r.gamma([n], 0.4, { dtype }), 0.4, 0.4, 0, 15],
    glorotUniform: [
      (r, dtype) => r.glorotUniform([100, 40], { dtype }),
      0,
      2 / 140,
      -Math.sqrt(6 / 140),
      Math.sqrt(6 / 140),
    ],
    'heNormal of a kernel': [(r, dtype) => r.heNormal([40, 20, 5], { dtype }), 0, 2 / 100, -1, 1],
  }
  it.each(Object.entries(table))(
    '%s has its mean, variance and range',
    async (_, [draw, mean, variance, low, high]) => {
      for (const dtype of ['float32', 'float64'] as const) {
        const t = draw(g.createRng(11), dtype)
        const d = await list(rt, t)
        const got = moments(d)
        expect(t.dtype).toBe(dtype)
        // Five standard errors of the mean; the variance of a variance is that of long tails.
        expect(Math.abs(got.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / n))
        expect(Math.abs(got.variance / variance - 1)).toBeLessThan(0.25)
        expect(Math.min(...d)).toBeGreaterThanOrEqual(low)
        expect(Math.max(...d)).toBeLessThanOrEqual(high)
      }
    },
  )
  it('bernoulli keeps its probability', async () => {
    const t = g.createRng(5).bernoulli([n], { p: 0.3 })
    expect(t.dtype).toBe('bool')
    expect(moments(await list(rt, t)).mean).toBeCloseTo(0.3, 1)
  })
  it('permutation holds each number once, out of order', async () => {
    const p = await list(rt, g.createRng(6).permutation(50))
    expect([...p].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect(p).not.toEqual([...p].sort((a, b) => a - b))
  })
  it.each([[[6, 6]], [[3, 8]], [[7, 2, 2]]])('orthogonal %j has orthonormal rows or columns', async (shape) => {
    const q = g.reshape(g.createRng(8).orthogonal(shape, { dtype: 'float64', gain: 2 }), [shape[0], -1])
    const [r, c] = q.shape
    const gram = r < c ? g.matmul(q, g.transpose(q)) : g.matmul(g.transpose(q), q)
    const off = g.max(g.abs(g.sub(gram, g.mul(g.eye(Math.min(r, c), { dtype: 'float64' }), 4))))
    expect((await rt.evaluate([off]))[0].item()).toBeLessThan(1e-13)
  })
})
