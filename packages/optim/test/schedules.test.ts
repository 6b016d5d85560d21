import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setRuntime, stack, tensor, type Runtime } from '@gradloom/core'
import {
  constant,
  cosine,
  exponential,
  join,
  linear,
  oneCycle,
  polynomial,
  schedule,
  stepDecay,
  warmRestarts,
  warmup,
  type Schedule,
} from '../src/index.ts'
import { createTestRuntime } from './problems.ts'

let runtime: Runtime
beforeAll(() => {
  setRuntime((runtime = createTestRuntime()))
})
afterAll(() => runtime.close())

const list = (s: Schedule, count: number): number[] => Array.from({ length: count }, (_, k) => s.valueAt(k))

const all: Record<string, Schedule> = {
  constant: constant(0.3),
  linear: linear({ from: 1, to: 3, steps: 7 }),
  stepDecay: stepDecay(1, { every: 3, factor: 0.5 }),
  exponential: exponential(1, { factor: 0.9 }),
  polynomial: polynomial(1, { steps: 9, power: 1.5, end: 0.1 }),
  cosine: cosine(1, { steps: 8, end: 0.2 }),
  'warmRestarts of one length': warmRestarts(1, { period: 4, end: 0.1 }),
  'warmRestarts of growing length': warmRestarts(1, { period: 3, multiplier: 2 }),
  'warmRestarts of another growth': warmRestarts(1, { period: 2, multiplier: 1.5 }),
  oneCycle: oneCycle({ peak: 1, steps: 14 }),
  join: join([linear({ from: 0, to: 1, steps: 3 }), constant(5), exponential(1, { factor: 0.5 })], [3, 6]),
  warmup: warmup(4, cosine(1, { steps: 10 })),
  'a schedule of your own': schedule((m, k) => m.div(0.1, m.add(k, 1))),
}

describe.each(Object.entries(all))('%s', (_, s) => {
  it('has the same values in plans and on hosts, in both float dtypes and for integer steps', async () => {
    const steps = Array.from({ length: 16 }, (__, k) => k)
    const want = list(s, 16)
    for (const [dtype, digits] of [
      ['float64', 12],
      ['float32', 5],
      ['int32', 5],
    ] as const) {
      const got = await stack(steps.map((k) => s.at(tensor(k, { dtype })))).data()
      want.forEach((v, k) => expect(got[k]).toBeCloseTo(v, digits))
    }
  })
})

describe('schedules', () => {
  it('restart exactly where a period ends, also far out and in float32', async () => {
    const s = warmRestarts(1, { period: 5, multiplier: 2 })
    for (const start of [5, 15, 35, 5 * (2 ** 12 - 1)]) {
      expect(s.valueAt(start)).toBeCloseTo(1, 9)
      expect(s.valueAt(start - 1)).toBeLessThan(0.15)
      expect(await s.at(tensor(start)).item()).toBeCloseTo(1, 4)
    }
  })
  it('warm up from 0 to what follows, without a jump', () => {
    expect(list(warmup(4, constant(2)), 6)).toEqual([0, 0.5, 1, 1.5, 2, 2])
  })
  it('count from 0 again in each part of a join', () => {
    expect(list(join([constant(9), linear({ from: 0, to: 1, steps: 2 })], [2]), 6)).toEqual([9, 9, 0, 0.5, 1, 1])
  })
  it('refuse boundaries that do not rise or do not fit', () => {
    expect(() => join([constant(1), constant(2)], [])).toThrow(RangeError)
    expect(() => join([constant(1), constant(2), constant(3)], [5, 5])).toThrow(RangeError)
  })
})
