import { grad, sum, tensor, type Tensor } from '@gradloom/core'
import { afterAll, describe, expect, it } from 'vitest'
import { matrixExp } from '../src/index.ts'
import { swap } from '../src/ops/shape.ts'
import { closeAll, valueOf, values } from './support.ts'

afterAll(closeAll)

/** The largest relative error. */
const errorOf = async (t: Tensor, want: readonly number[]): Promise<number> => {
  const { data } = await valueOf(t)
  return Math.max(...want.map((w, i) => (w === 0 ? Math.abs(data[i]) : Math.abs(data[i] / w - 1))))
}

describe('matrixExp', () => {
  it.each([1, 1e6, 1e10, 1e18])('value and gradient have rounding errors beside an element %d', async (c) => {
    const upper = tensor(
      [
        [1, c],
        [0, -1],
      ],
      { dtype: 'float64' },
    )
    const s = Math.sinh(1)
    const [up, down] = [Math.E, 1 / Math.E]
    expect(await errorOf(matrixExp(upper), [up, c * s, 0, down])).toBeLessThan(1e-14)
    expect(await errorOf(matrixExp(swap(upper)), [up, 0, c * s, down])).toBeLessThan(1e-14)
    const slope = [up + (c * (up - s)) / 2, s, s + c * s + (c * c * down) / 2, down + (c * (s - down)) / 2]
    const [p, q, r, t] = slope
    const gradientOf = (x: Tensor): Tensor => grad([sum(matrixExp(x))], [x])[0]
    expect(await errorOf(gradientOf(upper), [p, q, r, t])).toBeLessThan(1e-13)
    expect(await errorOf(gradientOf(swap(upper)), [p, r, q, t])).toBeLessThan(1e-13)
  })

  it('scales by how powers grow, not by the norm: a small spectrum beside elements of 1e19', async () => {
    const e = 1.001001e-12
    const a = tensor(
      [
        [-6.00094776e-2, -1.37334693e9, -1.16936523e19, e],
        [e, 0, 0, 0],
        [0, e, 0, 0],
        [0, 0, 0, 0],
      ],
      { dtype: 'float64' },
    )
    // In 120 digits, by a Taylor series.
    const want = [
      0.9410933177997882, -1338382728.4784381, -1.1347095998215088e19, 9.713350585350739e-13, 9.713350585350739e-13,
      0.9993243379858372, -5736686.52591877, 4.910723187084342e-25, 4.910723187084342e-25, 1.0007745828807177e-12,
      0.9999980762351558, 1.6467827872496966e-37, 0.0, 0.0, 0.0, 1.0,
    ]
    expect(await errorOf(matrixExp(a), want)).toBeLessThan(1e-14)
    const [slope] = grad([sum(matrixExp(a))], [a])
    const [curvature] = grad([sum(slope)], [a])
    for (const { data } of await values(slope, curvature)) expect(data.every(Number.isFinite)).toBe(true)
  })

  it.each(['upper', 'lower'])('keeps digits on %s triangles of large elements, as does its gradient', async (side) => {
    const c = 1e10
    const a = tensor(
      [
        [1, c, c],
        [0, 0.5, c],
        [0, 0, -1],
      ],
      { dtype: 'float64' },
    )
    // By divided differences of exp.
    const first = (x: number, y: number): number => (Math.exp(x) - Math.exp(y)) / (x - y)
    const second = (first(1, 0.5) - first(0.5, -1)) / 2
    const want = [Math.E, c * first(1, 0.5), c * first(1, -1) + c * c * second]
    want.push(0, Math.exp(0.5), c * first(0.5, -1), 0, 0, 1 / Math.E)
    const f = (x: Tensor): Tensor => (side === 'upper' ? matrixExp(x) : swap(matrixExp(swap(x))))
    expect(await errorOf(f(a), want)).toBeLessThan(1e-13)
    // In 120 digits: few are lost, since the derivative has elements around c^4.
    const slope = [
      2.5785407250951967e19, 6426132814.632672, 1.1752011936438014, 6.4792933535493265e28, 2.2545760574177305e19,
      6426132813.347446, 1.034446599704463e38, 4.410400155125925e28, 1.5930160341488415e19,
    ]
    expect(await errorOf(grad([sum(f(a))], [a])[0], slope)).toBeLessThan(1e-11)
  })
})
