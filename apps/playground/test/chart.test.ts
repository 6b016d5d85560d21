import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addPoint, createCurve, indexFrom, type Curve } from '../src/chart/column.ts'
import { positions, rows, sampled } from '../src/chart/sample.ts'

const curveOf = (values: readonly number[]): Curve => {
  const curve = createCurve()
  values.forEach((value, i) => addPoint(curve, i + 1, value))
  return curve
}

describe('curves', () => {
  it('are drawn with their least and greatest values, however many points there are', () => {
    const finite = fc.float({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(
        fc.array(finite, { minLength: 1, maxLength: 3000 }),
        fc.integer({ min: 1, max: 200 }),
        (values, count) => {
          const points = sampled(curveOf(values), count, values.length).filter((point) => point !== null)
          expect(Math.min(...points)).toBe(Math.min(...values))
          expect(Math.max(...points)).toBe(Math.max(...values))
        },
      ),
    )
  })

  it('have gaps where a value is no number, and where there is none', () => {
    expect(sampled(curveOf([1, NaN, 3]), 3, 3)).toEqual([null, null, 1, 1, 3, 3])
    expect(sampled(createCurve(), 2, 10)).toEqual([null, null, null, null])
    expect(positions(2, 8)).toEqual([1, 3, 5, 7])
  })

  it('are found by step, and told in rows to their end', () => {
    const curve = curveOf(Array.from({ length: 5000 }, (_, i) => i))
    expect(indexFrom(curve, 1)).toBe(0)
    expect(indexFrom(curve, 2500)).toBe(2499)
    expect(indexFrom(curve, 9999)).toBe(5000)
    const told = rows(curve, 20)
    expect(told).toHaveLength(20)
    expect(told[0]).toEqual({ step: 1, value: 0 })
    expect(told[19]).toEqual({ step: 5000, value: 4999 })
  })
})
