import { add, grad, mul, square, sum, zeros, type Tensor } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import { afterAll, describe, expect, it } from 'vitest'
import { fft, fft2, ifft, irfft, rfft } from '../src/index.ts'
import { apart } from './gallery.ts'
import { closeAll, onCpu, random, valueOf, values } from './support.ts'

afterAll(closeAll)

describe('fft', () => {
  const naive = (x: readonly number[], y: readonly number[], sign: number): [number[], number[]] => {
    const n = x.length
    const part = (f: (re: number, im: number, angle: number) => number) =>
      x.map((_, j) => x.reduce((total, re, k) => total + f(re, y[k]!, (sign * 2 * Math.PI * ((j * k) % n)) / n), 0))
    return [
      part((re, im, t) => re * Math.cos(t) - im * Math.sin(t)),
      part((re, im, t) => re * Math.sin(t) + im * Math.cos(t)),
    ]
  }
  it.each([1, 2, 3, 4, 5, 7, 8, 12, 16, 97, 100, 128])('is the sum that defines it: %i', async (n) => {
    const [re, im] = [random([n], 6), random([n], 7)]
    const [x, y] = await values(re, im)
    const f = fft({ re, im })
    const [u, v, back, imBack] = await values(f.re, f.im, ifft(f).re, ifft(f).im)
    const [p, q] = naive([...x.data], [...y.data], -1)
    expect(apart(Float64Array.from(u.data), Float64Array.from(p))).toBeLessThan(1e-11)
    expect(apart(Float64Array.from(v.data), Float64Array.from(q))).toBeLessThan(1e-11)
    expect(apart(Float64Array.from(back.data), Float64Array.from(x.data))).toBeLessThan(1e-13)
    expect(apart(Float64Array.from(imBack.data), Float64Array.from(y.data))).toBeLessThan(1e-13)
    const again = await valueOf(irfft(rfft(re), { n }))
    expect(apart(Float64Array.from(again.data), Float64Array.from(x.data))).toBeLessThan(1e-13)
  })

  it('takes axes of a size that is known when it runs, with gradients', async () => {
    const x = random([2, 5, 6], 11)
    const all = (t: Tensor): Record<string, Tensor> => {
      const parts = {
        turned: fft(t, { axis: 1 }).im,
        back: ifft({ re: t, im: mul(t, t) }).re,
        half: rfft(t).im,
        odd: rfft(t, { axis: -2 }).re,
        cut: fft(t, { n: 2 }).re,
        filled: rfft(t, { n: 9, axis: 1 }).im,
        whole: irfft({ re: t, im: t }),
        cutWhole: irfft({ re: t, im: t }, { n: 3 }),
        filledWhole: irfft({ re: t, im: t }, { n: 15, axis: 1 }),
        both: fft2(t).im,
      }
      return {
        ...parts,
        slope: grad(
          [
            Object.values(parts)
              .map((y) => sum(square(y)))
              .reduce(add),
          ],
          [t],
        )[0],
      }
    }
    const step = onCpu.variables().compile((ctx) => all(ctx.placeholder('x', [-1, -1, -1], 'float64')))
    const got = await step({ x: (await valueOf(x)).array() })
    for (const [name, t] of Object.entries(all(x))) {
      const want = await valueOf(t)
      const { shape, data } = got[name]
      expect({ name, shape, data: [...data] }).toEqual({ name, shape: want.shape, data: [...want.data] })
    }
    const lone = onCpu.variables().compile((ctx) => ({ y: irfft({ re: ctx.placeholder('x', [-1]) }) }))
    await expect(lone({ x: [1] })).rejects.toMatchObject({ name: 'SettingError' })
  })

  it('says at once that parts differ in shape, or are no floats', () => {
    const half = zeros([4], { dtype: 'float16' })
    for (const f of [fft, ifft, rfft, fft2, irfft] as ((x: unknown) => unknown)[])
      expect(() => f(f === irfft ? { re: half } : half)).toThrow(expect.objectContaining({ name: 'DTypeError' }))
    for (const f of [fft, ifft, irfft])
      for (const size of [1, 2])
        expect(() => f({ re: zeros([size]), im: zeros([3]) }, { n: 4 })).toThrow(
          expect.objectContaining({ name: 'ShapeError', message: expect.stringMatching(/^i?r?fft: /) }),
        )
  })

  it('takes an axis, a size, and two axes', async () => {
    const x = random([3, 5, 4], 8)
    const [one, cut, filled, both, rows] = await values(
      fft(x, { axis: 1 }).re,
      fft(x, { n: 2 }).re,
      rfft(x, { n: 9, axis: 0 }).im,
      fft2(x).re,
      fft(fft(x), { axis: 1 }).re,
    )
    expect([one.shape, cut.shape, filled.shape]).toEqual([
      [3, 5, 4],
      [3, 5, 2],
      [5, 5, 4],
    ])
    expect([...both.data]).toEqual([...rows.data])
    expect(() => fft(x, { n: 0 })).toThrow(expect.objectContaining({ name: 'SettingError' }))
  })

  it('has gradients to second order', async () => {
    const x = random([2, 3, 5], 9)
    const squared = ({ re, im }: { re: Tensor; im: Tensor }): Tensor => add(square(re), mul(im, re))
    await onCpu.run(() => checkGrads((y) => squared(fft({ re: y, im: mul(y, y) }, { axis: 1 })), [x]))
    await onCpu.run(() => checkGrads((y) => [squared(rfft(y)), irfft({ re: y, im: y })], [x]))
    await onCpu.run(() => checkGrads((y) => squared(fft2(y)), [x]))
  })
})
