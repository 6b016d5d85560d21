import { describe, expect, it } from 'vitest'
import { difference, toleranceOf } from '../src/compare.ts'

const tolerance = toleranceOf('float32')
const compare = (got: readonly number[], want: readonly (number | string)[]): string | null =>
  difference({ shape: [got.length], data: Float64Array.from(got) }, { shape: [want.length], data: want }, tolerance)

describe('difference', () => {
  it('takes arrays of more elements than a call has arguments', () => {
    const many = new Array<number>(2_000_000).fill(1)
    expect(compare(many, many)).toBeNull()
    expect(compare([...many, 2], [...many, 1])).toMatch(
      /1 of 2000001 elements off, worst at \[2000000\]: got 2, want 1/,
    )
  })
  it('allows more beside large elements, of which infinities and NaN are none', () => {
    expect(compare([1000, 1e-4], [1000, 0])).toBeNull()
    expect(compare([Infinity, NaN, 1e-4], ['Infinity', 'NaN', 0])).toMatch(/1 of 3 elements off, worst at \[2\]/)
  })
})
