import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { grad, mul, reshape, sum, tensor } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  avgPool1d,
  avgPool2d,
  globalAvgPool,
  maxPool1d,
  maxPool2d,
} from '../src/index.ts'
import { f64, list, values, withRuntime } from './runtime.ts'

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
