import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { grad, sum, transpose } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import {
  cosineSimilarity,
  hingeLoss,
  huberLoss,
  klDivergence,
  l1Loss,
  mseLoss,
  sigmoidCrossEntropy,
  softmax,
  softmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
  tripletMarginLoss,
} from '../src/index.ts'
import { f64, int, list, values, withRuntime } from './runtime.ts'

const runtime = withRuntime()

/** The definition, in plain numbers: PyTorch's cross_entropy with every option. */
function crossEntropy(
  logits: number[][],
  labels: number[],
  e: number,
  weight: number[],
  ignore: number | undefined,
): { losses: number[]; mean: number } {
  const classes = weight.length
  let total = 0
  const losses = labels.map((label, i) => {
    if (label === ignore) return 0
    const top = Math.max(...logits[i])
    const sumExp = logits[i].reduce((s, x) => s + Math.exp(x - top), 0)
    const l = logits[i].map((x) => Math.log(sumExp) + top - x)
    total += weight[label]
    return (1 - e) * weight[label] * l[label] + (e / classes) * l.reduce((s, v, c) => s + v * weight[c], 0)
  })
  return { losses, mean: losses.reduce((a, b) => a + b, 0) / total }
}

describe('sparseSoftmaxCrossEntropy', () => {
  const number = fc.double({ min: -5, max: 5, noNaN: true })
  const sample = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 5 })).chain(([n, c]) =>
    fc.record({
      logits: fc.array(fc.array(number, { minLength: c, maxLength: c }), { minLength: n, maxLength: n }),
      labels: fc.array(fc.integer({ min: 0, max: c - 1 }), { minLength: n, maxLength: n }),
      labelSmoothing: fc.constantFrom(0, 0.1, 0.5),
      weight: fc.option(fc.array(fc.double({ min: 0.1, max: 3, noNaN: true }), { minLength: c, maxLength: c }), {
        nil: undefined,
      }),
      ignoreIndex: fc.constantFrom(undefined, 0, -100),
    }),
  )
  it('is its definition under every setting', () =>
    fc.assert(
      fc.asyncProperty(sample, async ({ logits, labels, weight, ...options }) => {
        const want = crossEntropy(
          logits,
          labels,
          options.labelSmoothing,
          weight ?? logits[0].map(() => 1),
          options.ignoreIndex,
        )
        const settings = { ...options, ...(weight && { weight: f64(weight) }) }
        const got = await list(sparseSoftmaxCrossEntropy(f64(logits), int(labels), settings))
        want.losses.forEach((l, i) => expect(got[i]).toBeCloseTo(l, 9))
        const mean = await sparseSoftmaxCrossEntropy(f64(logits), int(labels), {
          ...settings,
          reduction: 'mean',
        }).item()
        if (Number.isNaN(want.mean)) expect(mean).toBeNaN()
        else expect(mean).toBeCloseTo(want.mean, 9)
      }),
      { numRuns: 40 },
    ))
  it('has gradients to second order under every setting', async () => {
    const x = values([3, 4], 3)
    const y = int([2, 0, 3])
    await checkGrads((l) => sparseSoftmaxCrossEntropy(l, y), [x])
    await checkGrads(
      (l) =>
        sparseSoftmaxCrossEntropy(l, y, {
          reduction: 'mean',
          labelSmoothing: 0.2,
          ignoreIndex: 0,
          weight: f64([1, 2, 0.5, 3]),
        }),
      [x],
    )
  })
  it('keeps its digits at logits of +-1000, and its gradient is softmax - target', async () => {
    const x = f64([
      [1000, -1000],
      [-1000, 1000],
      [1000, 1000],
    ])
    const loss = sparseSoftmaxCrossEntropy(x, int([0, 0, 1]))
    expect(await list(loss)).toEqual([0, 2000, Math.LN2])
    expect(await grad([sum(loss)], [x])[0].array()).toEqual([
      [0, 0],
      [-1, 1],
      [0.5, -0.5],
    ])
  })
  it('takes masked logits of -infinity', async () => {
    const x = f64([[1, -Infinity, 1]])
    const loss = sparseSoftmaxCrossEntropy(x, int([0]))
    expect((await list(loss))[0]).toBeCloseTo(Math.LN2, 12)
    expect((await list(grad([sum(loss)], [x])[0])).map((v) => v.toFixed(9))).toEqual([
      '-0.500000000',
      '0.000000000',
      '0.500000000',
    ])
  })
  it('finds classes on any axis, as for images', async () => {
    const x = values([2, 3, 2, 2], 1)
    const y = int([
      [
        [0, 1],
        [2, 0],
      ],
      [
        [1, 1],
        [0, 2],
      ],
    ])
    const last = sparseSoftmaxCrossEntropy(transpose(x, [0, 2, 3, 1]), y)
    expect(await list(sparseSoftmaxCrossEntropy(x, y, { axis: 1 }))).toEqual(await list(last))
  })
  it('serves any batch size with one graph', async () => {
    await runtime().run(async (ctx) => {
      const x = ctx.placeholder('x', [-1, 3])
      const y = ctx.placeholder('y', [-1], 'int32')
      const loss = sparseSoftmaxCrossEntropy(x, y, { reduction: 'mean' })
      for (const n of [1, 4]) {
        const [h] = await ctx
          .evaluator()
          .push(loss)
          .feed(
            x,
            Array.from({ length: n }, () => [0, 0, 0]),
          )
          .feed(y, new Int32Array(n))
          .run()
        expect(h.item()).toBeCloseTo(Math.log(3), 6)
      }
    })
  })
  it('refuses labels out of range while running, and wrong shapes and dtypes at once', async () => {
    for (const label of [3, -1])
      await expect(sparseSoftmaxCrossEntropy([[0, 0, 0]], int([label])).data()).rejects.toMatchObject({
        name: 'IndexError',
      })
    expect(() => sparseSoftmaxCrossEntropy([[0, 0]], int([0, 1]))).toThrow(
      expect.objectContaining({ name: 'ShapeError' }),
    )
    expect(() => sparseSoftmaxCrossEntropy([[0, 0]], int([0]), { weight: [1, 2, 3] })).toThrow(
      expect.objectContaining({ name: 'ShapeError' }),
    )
    expect(() => sparseSoftmaxCrossEntropy([[0, 0]], f64([0]))).toThrow(expect.objectContaining({ name: 'DTypeError' }))
  })
})

describe('softmaxCrossEntropy', () => {
  it('of one-hot targets is the sparse loss, smoothing included', async () => {
    const x = values([3, 4], 7)
    const hot = f64([
      [0, 0, 1, 0],
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ])
    const dense = await list(softmaxCrossEntropy(x, hot, { labelSmoothing: 0.3 }))
    const sparse = await list(sparseSoftmaxCrossEntropy(x, int([2, 0, 3]), { labelSmoothing: 0.3 }))
    dense.forEach((v, i) => expect(v).toBeCloseTo(sparse[i], 12))
  })
  it('has gradients in logits and probabilities to second order, also weighted', () =>
    checkGrads(
      (x, p) => softmaxCrossEntropy(x, softmax(p), { labelSmoothing: 0.1, weight: f64([1, 2, 3]), axis: 0 }),
      [values([3, 2]), values([3, 2], 1)],
    ))
  it('refuses probabilities of another shape', () => {
    expect(() => softmaxCrossEntropy([[1, 2]], [1, 0])).toThrow(expect.objectContaining({ name: 'ShapeError' }))
  })
})

describe('sigmoidCrossEntropy', () => {
  it('is exact at both ends, in float32 too', async () => {
    const loss = await list(sigmoidCrossEntropy([-1000, 1000, -20, 20, -1000, 1000], [0, 1, 0, 1, 1, 0]))
    expect(loss.map((v) => Number(v.toPrecision(6)))).toEqual([0, 0, 2.06115e-9, 2.06115e-9, 1000, 1000])
  })
  it('has gradients to second order, at 0 too', async () => {
    await checkGrads((x, t) => sigmoidCrossEntropy(x, t), [f64([-1.5, 0, 0.3]), f64([0.2, 0.5, 1])])
    await checkGrads(
      (x, t) =>
        sigmoidCrossEntropy(x, t, {
          weight: f64([1, 2, 3]),
          positiveWeight: f64([2, 0.5, 1]),
          labelSmoothing: 0.1,
          reduction: 'mean',
        }),
      [f64([-1.5, 0, 0.3]), f64([0.2, 0.5, 1])],
    )
  })
  it('leaves ignored targets out of sum and mean', async () => {
    expect(
      await sigmoidCrossEntropy(f64([0, 7, 0]), f64([1, -1, 0]), { ignoreIndex: -1, reduction: 'mean' }).item(),
    ).toBeCloseTo(Math.LN2, 12)
  })
})

describe('losses of differences', () => {
  const a = f64([[1, -2, 0.3]])
  const b = f64([[0.5, 1, 0.3]])
  it('are their definitions', async () => {
    expect(await mseLoss(a, b).item()).toBeCloseTo((0.25 + 9) / 3, 12)
    expect(await l1Loss(a, b, { reduction: 'sum' }).item()).toBeCloseTo(3.5, 12)
    expect((await list(huberLoss(a, b, { delta: 1, reduction: 'none' }))).map((v) => Number(v.toFixed(9)))).toEqual([
      0.125, 2.5, 0,
    ])
    expect(await hingeLoss(f64([2, 0.5, -1]), f64([1, 1, -1]), { reduction: 'none' }).array()).toEqual([0, 0.5, 0])
  })
  it('have gradients to second order', async () => {
    await checkGrads((x, y) => huberLoss(x, y, { delta: 0.7 }), [values([2, 3]), values([2, 3], 4)])
    await checkGrads((x, y) => mseLoss(x, y), [values([2, 3]), values([3], 4)])
  })
})

describe('klDivergence', () => {
  it('is 0 where p is 0, with a finite gradient, and sums to the divergence by batch', async () => {
    const q = f64([
      [Math.log(0.5), Math.log(0.5)],
      [Math.log(0.25), Math.log(0.75)],
    ])
    const p = f64([
      [0, 1],
      [0.5, 0.5],
    ])
    const want = (Math.LN2 + 0.5 * Math.log(2) + 0.5 * Math.log(0.5 / 0.75)) / 2
    expect(await klDivergence(q, p, { reduction: 'batchMean' }).item()).toBeCloseTo(want, 12)
    for (const v of await list(grad([klDivergence(q, p)], [p])[0])) expect(v).toBeTypeOf('number')
    expect((await list(grad([klDivergence(q, p)], [p])[0])).every(Number.isFinite)).toBe(true)
  })
})

describe('distances', () => {
  it('tripletMarginLoss is its definition, swapped too', async () => {
    const [x, y, z] = [f64([[0, 0]]), f64([[3, 4]]), f64([[0, 4]])]
    expect(await tripletMarginLoss(x, y, z).item()).toBeCloseTo(5 - 4 + 1, 4)
    expect(await tripletMarginLoss(x, y, z, { swap: true }).item()).toBeCloseTo(5 - 3 + 1, 4)
    expect(await tripletMarginLoss(x, y, z, { p: 1 }).item()).toBeCloseTo(7 - 4 + 1, 4)
    await checkGrads(
      (a, b, c) => tripletMarginLoss(a, b, c, { margin: 5, reduction: 'none' }),
      [values([2, 3]), values([2, 3], 1), values([2, 3], 2)],
    )
  })
  it('cosineSimilarity of a vector of zeros is 0 with a finite gradient', async () => {
    const zero = f64([0, 0])
    const one = f64([1, 2])
    expect(await cosineSimilarity(zero, one).item()).toBe(0)
    expect((await list(grad([cosineSimilarity(zero, one)], [zero])[0])).every(Number.isFinite)).toBe(true)
    await checkGrads((a, b) => cosineSimilarity(a, b, { axis: 0 }), [values([3, 2]), values([3, 2], 1)])
  })
})
