import { createRuntime } from '@gradloom/core'
import { cpu } from '@gradloom/backend-cpu'
import { linalg } from '@gradloom/linalg'
import { afterAll, describe, expect, test } from 'vitest'
import { gapRows } from '../src/linalg/degenerate.ts'
import { EXPONENTS, POLICIES } from '../src/linalg/messages.ts'
import { ranksOf } from '../src/linalg/ranks.ts'
import { scene } from '../src/linalg/scene.ts'

const runtime = createRuntime({ backends: [cpu({ threads: 1, placement: 'inline' })], plugins: [linalg] })
afterAll(() => runtime.close())

describe('a degenerate gradient', () => {
  test('of one eigenvector grows as the gap closes: strict is exact or throws, the others are bounded', async () => {
    const rows = await gapRows(runtime, 'vector')
    expect(rows.map(({ exponent }) => exponent)).toEqual([...EXPONENTS])
    const [wide] = rows
    for (const { off } of wide.outcomes) expect(off!).toBeLessThan(1e-9)
    expect(rows[3].exact! / rows[2].exact!).toBeCloseTo(10, 1)
    const tie = rows.at(-1)!
    expect(tie.exact).toBe(null)
    const [strict, ...bounded] = tie.outcomes
    expect(strict.norm).toBe(null)
    expect(strict.error).toMatch(/values 0 and 1 are \S+ apart/)
    for (const { norm } of bounded) expect(Number.isFinite(norm)).toBe(true)
  })

  test('of the span of both is exact at every gap, and strict does not throw', async () => {
    const rows = await gapRows(runtime, 'span')
    for (const { exponent, outcomes } of rows) {
      // What rounding of the vectors, at most 20 n eps, comes to over the gap, and of near values less.
      const rounding = 20 * 3 * Number.EPSILON * 10 ** exponent
      const most = Number.isFinite(exponent) ? Math.min(1e-7, Math.max(1e-9, rounding)) : 1e-9
      for (const [i, { off }] of outcomes.entries())
        expect([exponent, POLICIES[i], off! < most]).toEqual([exponent, POLICIES[i], true])
    }
    expect(rows.at(-1)!.outcomes[0].off!).toBeLessThan(1e-9)
  })
})

describe('a picture at a rank', () => {
  const picture = scene(40, 30)

  test('comes nearer with each singular value, as their squares say, and is itself at the last', async () => {
    const { s, at } = await ranksOf(runtime, picture)
    expect(s).toHaveLength(30)
    const whole = s.reduce((total, v) => total + v * v, 0)
    const distance = (values: Float32Array): number =>
      Math.hypot(...values.map((v, i) => v - picture.values[i])) / Math.sqrt(whole)
    for (const rank of [0, 1, 7, 30]) {
      const { values, off } = await at(rank)
      const rest = s.slice(rank).reduce((total, v) => total + v * v, 0)
      expect(off).toBeCloseTo(Math.sqrt(rest / whole), 4)
      expect(distance(values)).toBeCloseTo(off, 4)
    }
  })

  test('has shades from dark to bright', () => {
    expect(Math.min(...picture.values)).toBeLessThan(0.2)
    expect(Math.max(...picture.values)).toBeGreaterThan(0.8)
    expect(picture.values.every((v) => v >= 0 && v <= 1)).toBe(true)
  })
})
