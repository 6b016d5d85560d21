import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { grad, mul, reshape, sum, tensor, type Tensor } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  globalAvgPool,
  maxPool1d,
  maxPool2d,
  maxPool3d,
} from '../src/index.ts'
import { f64, list, refusal, values, withRuntime } from './runtime.ts'

withRuntime()

const settings = fc
  .record({
    size: fc.integer({ min: 3, max: 9 }),
    kernelSize: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 1 }),
    dilation: fc.integer({ min: 1, max: 2 }),
  })
  .filter((s) => s.padding <= s.kernelSize / 2 && s.size + 2 * s.padding > s.dilation * (s.kernelSize - 1))

/** Indices of the elements of each window. */
const windows = ({
  size,
  kernelSize,
  stride,
  padding,
  dilation,
}: {
  size: number
  kernelSize: number
  stride: number
  padding: number
  dilation: number
}): number[][] =>
  Array.from({ length: Math.floor((size + 2 * padding - dilation * (kernelSize - 1) - 1) / stride) + 1 }, (_, p) =>
    Array.from({ length: kernelSize }, (__, k) => p * stride + k * dilation - padding).filter(
      (i) => i >= 0 && i < size,
    ),
  )

describe('maxPool', () => {
  it('takes the largest of each window and sends the gradient to the first of equals', () =>
    fc.assert(
      fc.asyncProperty(
        settings,
        fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 9, maxLength: 9 }),
        async ({ size, ...options }, numbers) => {
          const row = numbers.slice(0, size)
          const x = f64([[row]])
          const y = maxPool1d(x, options)
          const all = windows({ size, ...options })
          expect(await list(y)).toEqual(all.map((w) => Math.max(...w.map((i) => row[i]))))
          const want = new Array<number>(size).fill(0)
          all.forEach((w, p) => {
            want[w.find((i) => row[i] === Math.max(...w.map((j) => row[j])))!] += p + 1
          })
          const g = tensor([[all.map((_, p) => p + 1)]], { dtype: 'float64' })
          expect(await list(grad([sum(mul(y, g))], [x])[0])).toEqual(want)
        },
      ),
      { numRuns: 60 },
    ))
  it('has gradients to second order, side by side and overlapping', async () => {
    for (const options of [{ kernelSize: 2 }, { kernelSize: [2, 3], stride: [1, 2], padding: [1, 1] }])
      await checkGrads((x) => maxPool2d(mul(x, x), options), [values([1, 2, 4, 5])])
  })
  it('passes NaN on', async () => {
    expect(await list(maxPool1d(f64([[[1, NaN, 3, 4]]]), { kernelSize: 2 }))).toEqual([NaN, 4])
  })
  it('refuses padding of more than half the kernel, and windows that do not fit', () => {
    expect(() => maxPool1d(values([1, 1, 4]), { kernelSize: 2, padding: 2 })).toThrow(
      expect.objectContaining({ name: 'ShapeError' }),
    )
    expect(() => maxPool2d(values([1, 1, 4, 2]), { kernelSize: 3 })).toThrow(
      expect.objectContaining({ name: 'ShapeError' }),
    )
  })
})

describe('avgPool', () => {
  it('divides by the whole window, padding counted', () =>
    fc.assert(
      fc.asyncProperty(settings, async ({ size, ...options }) => {
        const x = values([1, 1, size])
        const row = await list(x)
        const got = await list(avgPool1d(x, options))
        windows({ size, ...options }).forEach((w, p) =>
          expect(got[p]).toBeCloseTo(w.reduce((s, i) => s + row[i], 0) / options.kernelSize, 12),
        )
      }),
      { numRuns: 40 },
    ))
  it('has gradients to second order', async () => {
    await checkGrads((x) => avgPool2d(mul(x, x), { kernelSize: [2, 3], stride: 1, padding: 1 }), [values([1, 2, 4, 5])])
    await checkGrads((x) => avgPool2d(mul(x, x), { kernelSize: 2 }), [values([1, 2, 4, 5])])
  })
})

describe('adaptiveAvgPool', () => {
  it('covers the axis with windows that may overlap', async () => {
    for (const count of [1, 2, 3, 5, 7]) {
      const x = values([1, 1, 5])
      const row = await list(x)
      const got = await list(adaptiveAvgPool1d(x, count))
      got.forEach((v, i) => {
        const part = row.slice(Math.floor((i * 5) / count), Math.ceil(((i + 1) * 5) / count))
        expect(v).toBeCloseTo(part.reduce((a, b) => a + b, 0) / part.length, 12)
      })
    }
  })
  it('to one element is the global mean', async () => {
    const x = values([2, 3, 4, 5])
    const want = await list(globalAvgPool(x))
    ;(await list(reshape(adaptiveAvgPool2d(x, 1), [2, 3]))).forEach((v, i) => expect(v).toBeCloseTo(want[i], 12))
  })
})

describe('windows', () => {
  const size = 7
  const options = { kernelSize: 3, stride: 2, padding: 1 }
  const pools: { name: string; pool: (x: Tensor) => Tensor; parts: number[][] }[] = [
    { name: 'maxPool', pool: (x) => maxPool1d(x, options), parts: windows({ size, dilation: 1, ...options }) },
    { name: 'avgPool', pool: (x) => avgPool1d(x, options), parts: windows({ size, dilation: 1, ...options }) },
    {
      name: 'avgPool, tiles',
      pool: (x) => avgPool1d(x, { kernelSize: 3 }),
      parts: [
        [0, 1, 2],
        [3, 4, 5],
      ],
    },
    ...[1, 2, 3, 5, 6, 7, 9, 14].map((count) => ({
      name: `adaptiveAvgPool to ${count}`,
      pool: (x: Tensor) => adaptiveAvgPool1d(x, count),
      parts: Array.from({ length: count }, (_, i) => {
        const start = Math.floor((i * size) / count)
        return Array.from({ length: Math.ceil(((i + 1) * size) / count) - start }, (__, k) => start + k)
      }),
    })),
  ]
  it.each(pools)('$name: NaN and infinities stay in the windows that hold them', async ({ name, pool, parts }) => {
    for (const odd of [NaN, Infinity, -Infinity])
      for (let at = 0; at < size; at++) {
        const row = Array.from({ length: size }, (_, i) => (i === at ? odd : i + 1))
        const got = await list(pool(f64([[row]])))
        parts.forEach((part, p) => {
          const touched = part.includes(at) && !(name === 'maxPool' && odd === -Infinity)
          if (touched) expect(got[p]).toBe(odd)
          else expect(got[p]).toBeLessThan(Infinity)
        })
      }
  })
  it.each(pools)(
    '$name: the gradient of a window reaches its own elements only, whatever they hold',
    async ({ pool, parts }) => {
      for (let p = 0; p < parts.length; p++) {
        const x = f64([[new Array<number>(size).fill(-Infinity)]])
        const g = f64([[parts.map((_, i) => Number(i === p))]])
        const [dx] = grad([sum(mul(pool(x), g))], [x])
        const got = await list(dx)
        expect(got.filter((v, i) => v !== 0 && !parts[p].includes(i))).toEqual([])
        expect(got.reduce((a, b) => a + b, 0)).toBeGreaterThan(0)
      }
    },
  )
  it('of -infinity give their gradient to the first element, in every dimension, and padding never gets one', async () => {
    const count = async (pool: (x: Tensor) => Tensor, shape: number[]): Promise<number> => {
      const x = tensor(new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(-Infinity)).reshape(shape)
      const y = pool(x)
      const [dx] = grad([sum(y)], [x])
      return (await list(dx)).reduce((a, b) => a + b, 0)
    }
    const row = f64([[[-Infinity, -Infinity, -Infinity, -Infinity]]])
    const [d] = grad([sum(maxPool1d(row, { kernelSize: 3, stride: 1, padding: 1 }))], [row])
    // As PyTorch has it.
    expect(await list(d)).toEqual([2, 1, 1, 0])
    expect(await count((x) => maxPool2d(x, { kernelSize: [3, 2], stride: 2, padding: 1 }), [1, 2, 5, 4])).toBe(18)
    expect(await count((x) => maxPool2d(x, { kernelSize: 2, stride: 1, padding: 1, dilation: 2 }), [1, 1, 4, 4])).toBe(
      16,
    )
    expect(await count((x) => maxPool3d(x, { kernelSize: 2, stride: 1, padding: 1 }), [1, 1, 2, 2, 2])).toBe(27)
  })
  it('of equal elements have that element as mean, exactly', async () => {
    const x = tensor(new Float32Array(2 * 147).fill(1)).reshape([1, 2, 7, 21])
    for (const kernelSize of [2, 3, 5, 7])
      for (const stride of [1, kernelSize])
        expect(new Set(await list(avgPool2d(x, { kernelSize, stride })))).toEqual(new Set([1]))
    for (const count of [1, 2, 3, 5]) expect(new Set(await list(adaptiveAvgPool2d(x, count)))).toEqual(new Set([1]))
  })
  it('of an empty batch are an empty batch', async () => {
    const none = tensor(new Float64Array(0)).reshape([0, 2, 4, 4])
    const shape = async (t: Tensor): Promise<readonly number[]> => (await t.eval()).shape
    expect(await shape(maxPool2d(none, { kernelSize: 2 }))).toEqual([0, 2, 2, 2])
    expect(await shape(avgPool2d(none, { kernelSize: 3 }))).toEqual([0, 2, 1, 1])
    expect(await shape(adaptiveAvgPool2d(none, 3))).toEqual([0, 2, 3, 3])
    expect(await shape(globalAvgPool(none))).toEqual([0, 2])
  })
  it('adaptive ones have gradients to second order where sizes do not divide', () =>
    checkGrads((x) => adaptiveAvgPool3d(mul(x, x), [2, 3, 1]), [values([1, 2, 3, 5, 2])]))
})

describe('settings of pools', () => {
  const x = values([1, 1, 4, 4])
  it('of the wrong name or value are refused in the name of the pool', () => {
    const none = tensor(new Float64Array(0)).reshape([1, 1, 0, 4])
    const bad = (options: object): { kernelSize: number } => options as { kernelSize: number }
    const refused: readonly (readonly [() => unknown, string, string, string])[] = [
      [() => maxPool2d(x, bad({})), 'ShapeError', 'maxPool2d', 'kernelSize must be one or 2 integers'],
      [() => maxPool2d(x, undefined as never), 'ShapeError', 'maxPool2d', 'kernelSize'],
      [() => maxPool2d(x, 2 as never), 'SettingError', 'maxPool2d', 'as settings, got 2'],
      [() => maxPool2d(x, bad({ kernelSize: 2, strides: 1 })), 'NameError', 'maxPool2d', 'strides.*stride'],
      [() => maxPool2d(x, bad({ kernelSize: 2, stride: '1' })), 'ShapeError', 'maxPool2d', 'stride must be.*got 1'],
      [() => maxPool2d(x, bad({ kernelSize: '2' })), 'ShapeError', 'maxPool2d', 'kernelSize'],
      [() => maxPool2d(x, { kernelSize: 1.5 }), 'ShapeError', 'maxPool2d', 'got 1.5'],
      [() => avgPool2d(x, { kernelSize: [2, 2, 2] }), 'ShapeError', 'avgPool2d', 'kernelSize'],
      [() => avgPool2d(x, { kernelSize: 5 }), 'ShapeError', 'avgPool2d', 'a window of 5'],
      [() => avgPool3d(x, { kernelSize: 2 }), 'ShapeError', 'avgPool3d', 'rank 5'],
      [() => avgPool2d(none, { kernelSize: 2, padding: 1 }), 'ShapeError', 'avgPool2d', 'sizes above 0'],
      [() => maxPool2d(none, { kernelSize: 2, padding: 1 }), 'ShapeError', 'maxPool2d', 'sizes above 0'],
      [() => globalAvgPool(none), 'ShapeError', 'globalAvgPool', 'sizes above 0'],
      [() => adaptiveAvgPool2d(none, 2), 'ShapeError', 'adaptiveAvgPool2d', 'sizes above 0'],
      [() => adaptiveAvgPool2d(x, 0), 'ShapeError', 'adaptiveAvgPool2d', 'size'],
      [() => adaptiveAvgPool2d(x, undefined as never), 'ShapeError', 'adaptiveAvgPool2d', 'size'],
    ]
    for (const [call, name, op, said] of refused) expect(call).toThrow(refusal(name, op, said) as Error)
  })
})
