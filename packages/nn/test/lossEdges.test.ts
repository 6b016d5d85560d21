import { describe, expect, it } from 'vitest'
import { grad, sum, tensor, zeros, type Tensor } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import {
  cosineSimilarity,
  hingeLoss,
  huberLoss,
  klDivergence,
  l1Loss,
  mseLoss,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
  tripletMarginLoss,
} from '../src/index.ts'
import { f64, int, list, refusal, values, withRuntime } from './runtime.ts'

const runtime = withRuntime()

const finite = async (t: Tensor): Promise<boolean> => (await list(t)).every(Number.isFinite)

describe('what counts nothing', () => {
  it('klDivergence is 0 with gradients of 0 where p is 0, also where log q is -infinity', async () => {
    const q = f64([-Infinity, Math.log(0.5), -Infinity])
    const p = f64([0, 0.5, 0.5])
    const loss = klDivergence(q, p, { reduction: 'none' })
    expect(await list(loss)).toEqual([0, 0, Infinity])
    const [dq, dp] = grad([sum(klDivergence(f64([-Infinity, 0, 3]), f64([0, 0, 0]), { reduction: 'none' }))], [q, p], {
      allowUnused: true,
    })
    expect([...(await list(dq)), ...(await list(dp))]).toEqual([0, 0, 0, 0, 0, 0])
    const zero = f64([0, 0.25])
    const masked = f64([-Infinity, -1])
    const [gq, gp] = grad([klDivergence(masked, zero, { reduction: 'sum' })], [masked, zero])
    expect((await list(gq)).map((v) => v + 0)).toEqual([0, -0.25])
    expect((await list(gp)).map((v) => Number(v.toFixed(12)))).toEqual([0, Number((Math.log(0.25) + 2).toFixed(12))])
  })
  it('klDivergence passes NaN on, in p and in log q', async () => {
    expect(await list(klDivergence(f64([0, NaN]), f64([NaN, 0.5]), { reduction: 'none' }))).toEqual([NaN, NaN])
  })
  it('softmaxCrossEntropy takes a masked class of probability 0, with finite gradients in both', async () => {
    const x = f64([[1, -Infinity, 1]])
    const p = f64([[1, 0, 0]])
    const loss = softmaxCrossEntropy(x, p)
    expect((await list(loss))[0]).toBeCloseTo(Math.LN2, 12)
    const [dx, dp] = grad([sum(loss)], [x, p])
    expect((await list(dx)).map((v) => Number(v.toFixed(9)) + 0)).toEqual([-0.5, 0, 0.5])
    const [own, masked, other] = await list(dp)
    expect([own, other].map((v) => Number(v.toFixed(9)))).toEqual([0.693147181, 0.693147181])
    expect(masked).toBeLessThan(Infinity)
    // Asked for, it is infinite.
    expect(await list(softmaxCrossEntropy(x, f64([[0.5, 0.5, 0]])))).toEqual([Infinity])
  })
  it('smoothing asks for a masked class, which is infinite; a class of weight 0 counts nothing there too', async () => {
    const x = f64([[1, -Infinity, 1]])
    const y = int([0])
    const p = f64([[1, 0, 0]])
    const weight = f64([1, 0, 2])
    for (const labelSmoothing of [0.3, 1]) {
      expect(await list(softmaxCrossEntropy(x, p, { labelSmoothing }))).toEqual([Infinity])
      expect(await list(sparseSoftmaxCrossEntropy(x, y, { labelSmoothing }))).toEqual([Infinity])
      const dense = await list(softmaxCrossEntropy(x, p, { labelSmoothing, weight }))
      const sparse = await list(sparseSoftmaxCrossEntropy(x, y, { labelSmoothing, weight }))
      const want = (1 - labelSmoothing) * Math.LN2 + (labelSmoothing / 3) * 3 * Math.LN2
      expect(dense[0]).toBeCloseTo(want, 12)
      expect(sparse[0]).toBeCloseTo(want, 12)
    }
    expect(await list(sparseSoftmaxCrossEntropy(x, int([1]), { weight }))).toEqual([0])
    expect(await finite(grad([sum(sparseSoftmaxCrossEntropy(x, int([1]), { weight }))], [x])[0])).toBe(true)
  })
  it('smoothing of 1 spreads the target over all classes, whatever the label costs', async () => {
    const x = f64([[0, -Infinity]])
    expect(await list(softmaxCrossEntropy(x, f64([[0, 1]]), { labelSmoothing: 1 }))).toEqual([Infinity])
    expect(await list(sparseSoftmaxCrossEntropy(f64([[0, 0]]), int([1]), { labelSmoothing: 1 }))).toEqual([Math.LN2])
  })
  it('sigmoidCrossEntropy at an infinite logit is 0 where that is right, infinite elsewhere', async () => {
    const x = f64([Infinity, -Infinity, Infinity, -Infinity])
    const t = f64([1, 0, 0, 1])
    const want = [0, 0, Infinity, Infinity]
    expect(await list(sigmoidCrossEntropy(x, t))).toEqual(want)
    expect(await list(sigmoidCrossEntropy(x, t, { positiveWeight: 1 }))).toEqual(want)
    expect(await list(sigmoidCrossEntropy(x, t, { weight: f64([0, 0, 0, 0]) }))).toEqual([0, 0, 0, 0])
    expect(await list(grad([sum(sigmoidCrossEntropy(x, t))], [x])[0])).toEqual([0, 0, 1, -1])
    expect(await list(grad([sum(sigmoidCrossEntropy(x, t, { positiveWeight: 1 }))], [x])[0])).toEqual([0, 0, 1, -1])
  })
  it('sigmoidCrossEntropy keeps the digits of gradients far out, to second order, in float32 too', async () => {
    const at = [-30, -20, -10, -1, 0, 1, 10, 20, 30]
    const rest = (v: number): number => 1 / (1 + Math.exp(Math.abs(v)))
    for (const dtype of ['float32', 'float64'] as const) {
      const [x, t] = [at, at.map((v) => Number(v > 0))].map((data) => tensor(data, { dtype }))
      const [dx] = grad([sum(sigmoidCrossEntropy(x, t))], [x])
      const [dxx] = grad([sum(dx)], [x])
      const [first, second] = await Promise.all([dx, dxx].map(list))
      at.forEach((v, i) => {
        expect(first[i] / (v > 0 ? -rest(v) : rest(v))).toBeCloseTo(1, 6)
        expect(second[i] / (rest(v) * (1 - rest(v)))).toBeCloseTo(1, 6)
      })
    }
  })
  it('an ignored example reaches neither loss nor gradient, whatever its logits are', async () => {
    const x = f64([
      [NaN, 1],
      [-Infinity, -Infinity],
      [0, 0],
    ])
    const loss = sparseSoftmaxCrossEntropy(x, int([-1, -1, 0]), { ignoreIndex: -1, reduction: 'mean' })
    expect(await loss.item()).toBeCloseTo(Math.LN2, 12)
    expect(await list(grad([loss], [x])[0])).toEqual([0, 0, 0, 0, -0.5, 0.5])
  })
})

describe('means of losses', () => {
  it('of ignored targets that broadcast divide by the elements of the loss that count', async () => {
    // PyTorch on expanded targets: the mean over the 4 elements that are kept.
    const x = f64([
      [1, 2],
      [3, 4],
    ])
    const t = f64([[1], [-1]])
    const each = await list(sigmoidCrossEntropy(x, t))
    const options = { ignoreIndex: -1, reduction: 'mean' } as const
    expect(await sigmoidCrossEntropy(x, t, options).item()).toBeCloseTo((each[0] + each[1]) / 2, 12)
    const rows = f64([1, -1])
    expect(await sigmoidCrossEntropy(x, rows, options).item()).toBeCloseTo(
      (Math.log1p(Math.exp(-1)) + Math.log1p(Math.exp(-3))) / 2,
      12,
    )
    const weighted = sigmoidCrossEntropy(f64([0]), rows, { ...options, weight: f64([[2], [4]]) })
    expect(await weighted.item()).toBeCloseTo(3 * Math.LN2, 12)
  })
  it('are NaN where nothing counts, and sums 0: nothing, all ignored, weights of 0', async () => {
    const none = tensor([], { dtype: 'float64' }).reshape([0, 3])
    const y = tensor([], { dtype: 'int32' })
    expect(await sparseSoftmaxCrossEntropy(none, y, { reduction: 'mean' }).item()).toBeNaN()
    expect(await sparseSoftmaxCrossEntropy(none, y, { reduction: 'sum' }).item()).toBe(0)
    expect(await softmaxCrossEntropy(none, none, { reduction: 'mean' }).item()).toBeNaN()
    expect(await klDivergence(none, none, { reduction: 'batchMean' }).item()).toBeNaN()
    expect(await mseLoss(none, none).item()).toBeNaN()
    const x = f64([[1, 2]])
    for (const options of [{ ignoreIndex: 1 }, { weight: f64([1, 0]) }]) {
      expect(await sparseSoftmaxCrossEntropy(x, int([1]), { ...options, reduction: 'mean' }).item()).toBeNaN()
      expect(await sparseSoftmaxCrossEntropy(x, int([1]), { ...options, reduction: 'sum' }).item()).toBe(0)
    }
    expect(await sigmoidCrossEntropy(x, f64([[5, 5]]), { ignoreIndex: 5, reduction: 'mean' }).item()).toBeNaN()
  })
})

describe('scales of vectors', () => {
  it('cosineSimilarity of a vector with itself is exactly 1, in float32 too, and never leaves [-1, 1]', async () => {
    for (const v of [
      [3, 4],
      [1, 2, 3],
      [0.1, 0.7, -0.3],
      [1e20, 1e20],
      [3e-5, 4e-5],
      [3e38, 1e38],
    ])
      expect(await list(cosineSimilarity(tensor([v]), tensor([v])))).toEqual([1])
    const rows = tensor(Float32Array.from({ length: 3000 }, (_, i) => Math.sin(i * 12.9898) * 3)).reshape([1000, 3])
    const twice = tensor(Float32Array.from({ length: 3000 }, (_, i) => -7 * Math.fround(Math.sin(i * 12.9898) * 3)))
    for (const v of await list(cosineSimilarity(rows, twice.reshape([1000, 3])))) {
      expect(v).toBeGreaterThanOrEqual(-1)
      expect(v).toBeCloseTo(-1, 5)
    }
  })
  it('cosineSimilarity neither overflows nor vanishes, values and gradients', async () => {
    for (const scale of [1e20, 1e-5, 1]) {
      const a = tensor([3 * scale, 4 * scale])
      const b = tensor([4 * scale, 3 * scale])
      const y = cosineSimilarity(a, b)
      expect(await y.item()).toBeCloseTo(0.96, 6)
      // d/da = (b / |b| - cos a / |a|) / |a|
      const want = [0.8 - 0.96 * 0.6, 0.6 - 0.96 * 0.8].map((v) => v / 5)
      const got = await list(grad([y], [a])[0])
      got.forEach((v, i) => expect(v * scale).toBeCloseTo(want[i], 6))
    }
    // Below eps it is the norm that is eps, as PyTorch has it.
    expect(await cosineSimilarity(f64([3e-10, 4e-10]), f64([3, 4])).item()).toBeCloseTo(0.05, 9)
  })
  it('cosineSimilarity broadcasts, along the axis too, and takes the axis of the result', async () => {
    expect(await list(cosineSimilarity(f64([1]), f64([[3, 4]])))).toEqual([7 / Math.sqrt(50)])
    const a = f64([[1], [2]])
    const b = f64([1, 2, 3])
    const whole = cosineSimilarity(
      f64([
        [1, 1, 1],
        [2, 2, 2],
      ]),
      f64([
        [1, 2, 3],
        [1, 2, 3],
      ]),
      { axis: 0 },
    )
    expect(await list(cosineSimilarity(a, b, { axis: 0 }))).toEqual(await list(whole))
    await checkGrads((x, y) => cosineSimilarity(x, y, { axis: 0 }), [values([2, 1]), values([3], 1)])
    expect(await list(cosineSimilarity(f64([[], []]), f64([[], []])))).toEqual([0, 0])
  })
  it('cosineSimilarity has whole gradients at unit vectors, and at parallel ones to second order', async () => {
    const unit = f64([0, 1, 0])
    const other = f64([1, 2, 2])
    const [d] = grad([cosineSimilarity(unit, other)], [unit])
    ;(await list(d)).forEach((v, i) => expect(v).toBeCloseTo([1 / 3, 0, 2 / 3][i], 12))
    await checkGrads((a) => cosineSimilarity(a, f64([0.1, 0.7, -0.3])), [f64([0.3, 2.1, -0.9])])
  })
  it('tripletMarginLoss has distances that neither overflow nor vanish, and a gradient of 0 at distance 0', async () => {
    const [a, b, c] = [tensor([[0, 0]]), tensor([[3e25, 4e25]]), tensor([[0, 1e25]])]
    for (const [p, want] of [
      [1, 6e25],
      [2, 4e25],
      [3, (91 ** (1 / 3) - 1) * 1e25],
      [Infinity, 3e25],
    ])
      expect((await tripletMarginLoss(a, b, c, { p }).item()) / want).toBeCloseTo(1, 5)
    const x = f64([[1, 2]])
    for (const p of [1, 1.5, 2, 3]) {
      const loss = tripletMarginLoss(x, x, f64([[9, 9]]), { p, eps: 0, margin: 100 })
      expect(await finite(grad([loss], [x])[0])).toBe(true)
    }
  })
})

describe('settings of losses', () => {
  const a = f64([[1, 2]])
  it('that are unknown are refused, with those that are known', () => {
    const misnamed = { reducton: 'sum' } as object
    expect(() => mseLoss(a, a, misnamed)).toThrow(refusal('NameError', 'mseLoss', 'reducton.*reduction') as Error)
    expect(() => klDivergence(a, a, { toString: 1 } as object)).toThrow(
      refusal('NameError', 'klDivergence', 'toString') as Error,
    )
    expect(() => sparseSoftmaxCrossEntropy(a, int([0]), { smoothing: 0.1 } as object)).toThrow(
      refusal('NameError', 'sparseSoftmaxCrossEntropy', 'labelSmoothing') as Error,
    )
    expect(() => l1Loss(a, a, 'sum' as unknown as object)).toThrow(
      refusal('SettingError', 'l1Loss', 'settings') as Error,
    )
    expect(() => l1Loss(a, a, null as unknown as object)).toThrow(refusal('SettingError', 'l1Loss') as Error)
  })
  it('out of their bounds are refused, with what they may be', () => {
    const refused: readonly (readonly [() => unknown, string, string, string])[] = [
      [() => mseLoss(a, a, { reduction: 'avg' as 'mean' }), 'SettingError', 'mseLoss', "'none', 'mean' or 'sum'"],
      [() => l1Loss(a, a, { reduction: 'batchMean' as 'mean' }), 'SettingError', 'l1Loss', 'batchMean'],
      [() => klDivergence(a, a, { reduction: 'Mean' as 'mean' }), 'SettingError', 'klDivergence', 'batchMean'],
      [
        () => huberLoss(a, a, { delta: 0 }),
        'SettingError',
        'huberLoss',
        'a number in .0, Infinity. required as delta, got 0',
      ],
      [() => huberLoss(a, a, { delta: NaN }), 'SettingError', 'huberLoss', 'NaN'],
      [() => huberLoss(a, a, { delta: '1' as unknown as number }), 'SettingError', 'huberLoss', 'delta'],
      [
        () => softmaxCrossEntropy(a, a, { labelSmoothing: 2 }),
        'SettingError',
        'softmaxCrossEntropy',
        '\\[0, 1\\] required as labelSmoothing, got 2',
      ],
      [
        () => sigmoidCrossEntropy(a, a, { labelSmoothing: -0.1 }),
        'SettingError',
        'sigmoidCrossEntropy',
        'labelSmoothing',
      ],
      [() => tripletMarginLoss(a, a, a, { p: 0.5 }), 'SettingError', 'tripletMarginLoss', 'as p, got 0.5'],
      [
        () => tripletMarginLoss(a, a, a, { swap: 1 as unknown as boolean }),
        'SettingError',
        'tripletMarginLoss',
        'a boolean',
      ],
      [() => hingeLoss(a, a, { margin: NaN }), 'SettingError', 'hingeLoss', 'a number'],
      [() => cosineSimilarity(a, a, { eps: -1 }), 'SettingError', 'cosineSimilarity', 'eps'],
      [() => cosineSimilarity(a, a, { axis: 0.5 }), 'ShapeError', 'cosineSimilarity', 'axis'],
      [() => softmaxCrossEntropy(a, a, { weight: [1] }), 'ShapeError', 'softmaxCrossEntropy', 'weight'],
      [
        () => sparseSoftmaxCrossEntropy(a, int([0]), { weight: [1] }),
        'ShapeError',
        'sparseSoftmaxCrossEntropy',
        'weight',
      ],
      [() => tripletMarginLoss(1, 2, 3), 'ShapeError', 'tripletMarginLoss', 'axis'],
      [() => softmaxCrossEntropy(f64([[]]), f64([[]])), 'ShapeError', 'softmaxCrossEntropy', 'a class'],
    ]
    for (const [call, name, op, said] of refused) expect(call).toThrow(refusal(name, op, said) as Error)
  })
})

describe('a loss of elements in pairs', () => {
  const losses: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
    mseLoss,
    l1Loss,
    huberLoss,
    hingeLoss,
    klDivergence,
    sigmoidCrossEntropy,
    tripletMarginLoss: (a, b) => tripletMarginLoss(a, b, b),
  }
  const like = (...shape: number[]): Tensor => zeros(shape, { dtype: 'float64' })
  describe.each(Object.keys(losses))('%s', (name) => {
    const loss = losses[name]
    it.each([
      [[4, 1], [4]],
      [[4], [4, 1]],
      [[4, 1], [3]],
      [
        [2, 4, 1],
        [2, 4],
      ],
      [
        [2, 1, 3],
        [4, 3],
      ],
    ])('refuses %j against %j, which broadcasting would repeat, both', (a, b) => {
      expect(() => loss(like(...a), like(...b))).toThrow(
        expect.objectContaining({
          name: 'ShapeError',
          message:
            `${name}: elements in pairs required, got [${a.join(', ')}] and [${b.join(', ')}]; ` +
            `reshape one to the other's shape`,
        }),
      )
    })
    it.each([
      [[4, 3], [3]],
      [[4, 1], [1]],
      [[1, 4], [4]],
      [
        [4, 1],
        [4, 1],
      ],
      [
        [4, 1],
        [1, 4],
      ],
      [[4, 3], [1]],
      [[1, 1], [4]],
    ])('takes %j against %j', (a, b) => {
      expect(() => loss(like(...a), like(...b))).not.toThrow()
    })
  })
  it('is refused in batches of any size, as a model has them', () => {
    const env = runtime().variables()
    expect(() =>
      env.compile((ctx) => ({ loss: mseLoss(ctx.placeholder('x', [-1, 1]), ctx.placeholder('y', [-1])) })),
    ).toThrow(/^mseLoss: .*\[-1, 1\] and \[-1\]/)
    expect(() =>
      env.compile((ctx) => ({ loss: mseLoss(ctx.placeholder('a', [-1, 3]), ctx.placeholder('b', [3])) })),
    ).not.toThrow()
  })
  it('takes numbers', async () => {
    expect(await mseLoss(f64([[1], [3]]), 1).item()).toBe(2)
  })
})

describe('labels', () => {
  it('as plain numbers are integers; else an error says how to give them', async () => {
    const scores = f64([
      [0, 0],
      [5, 0],
    ])
    expect(await list(sparseSoftmaxCrossEntropy(scores, [1, 0]))).toEqual([Math.log(2), expect.closeTo(0.0067, 4)])
    expect(() => sparseSoftmaxCrossEntropy(scores, [0.5, 0])).toThrow(expect.objectContaining({ name: 'DTypeError' }))
    expect(() => sparseSoftmaxCrossEntropy(scores, f64([1, 0]))).toThrow(
      expect.objectContaining({
        name: 'DTypeError',
        message: expect.stringMatching(/^sparseSoftmaxCrossEntropy: int32 .* float64; .*Int32Array/) as string,
      }),
    )
  })
})

it('labels out of range are told in the name of the loss', async () => {
  await expect(sparseSoftmaxCrossEntropy(f64([[1, 2]]), [5]).data()).rejects.toMatchObject(
    refusal('IndexError', 'sparseSoftmaxCrossEntropy', 'got 5 at position 0') as object,
  )
})
