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
  SettingError,
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
    expect(() => join([constant(1), constant(2)], [])).toThrow(SettingError)
    expect(() => join([constant(1), constant(2), constant(3)], [5, 5])).toThrow(SettingError)
  })
  it('keep restarts, decays and joins exact beyond the whole numbers of float32', async () => {
    const far: Record<string, Schedule> = {
      'one length': warmRestarts(1, { period: 7 }),
      'growing length': warmRestarts(1, { period: 3, multiplier: 2 }),
      'fractional growth': warmRestarts(1, { period: 10, multiplier: 1.5 }),
      'step decay': stepDecay(1, { every: 3, factor: 0.9999999 }),
      exponential: exponential(1, { factor: 1 - 1e-8 }),
      polynomial: polynomial(1, { steps: 30_000_001 }),
      join: join([constant(1), warmRestarts(1, { period: 5 })], [20_000_001]),
    }
    const steps = [4_999_999, 2 ** 24 + 1, 20_000_001, 20_000_003, 29_999_999, 2 ** 30 + 1, 2 ** 31 - 1]
    for (const [name, s] of Object.entries(far)) {
      const got = await stack(steps.map((k) => s.at(tensor(k, { dtype: 'int32' })))).data()
      steps.forEach((k, i) => expect([name, k, Math.abs(got[i] - s.valueAt(k)) < 2e-6]).toEqual([name, k, true]))
    }
  })
  it('are at the peak in the last step of one cycle that only rises', async () => {
    const s = oneCycle({ peak: 2, steps: 5, warmup: 1 })
    expect(list(s, 6).map((v) => v.toFixed(6))).toEqual([
      '0.080000',
      '0.361177',
      '1.040000',
      '1.718823',
      '2.000000',
      '2.000000',
    ])
    expect(await s.at(tensor(4)).item()).toBe(2)
    expect(oneCycle({ peak: 2, steps: 1, warmup: 1 }).valueAt(0)).toBe(2)
  })
  it('take a step that is a number', async () => {
    expect(
      await linear({ from: 0, to: 1, steps: 4 })
        .at(1 as never)
        .item(),
    ).toBe(0.25)
  })
  it('refuse to be made of what would be NaN', () => {
    for (const bad of [0, -1, NaN, Infinity, '5', null, undefined] as never[]) {
      expect(() => cosine(1, { steps: bad })).toThrow(SettingError)
      expect(() => linear({ from: 0, to: 1, steps: bad })).toThrow(SettingError)
      expect(() => polynomial(1, { steps: bad })).toThrow(SettingError)
      expect(() => stepDecay(1, { every: bad })).toThrow(SettingError)
      expect(() => warmRestarts(1, { period: bad })).toThrow(SettingError)
      expect(() => oneCycle({ peak: 1, steps: bad })).toThrow(SettingError)
      expect(() => warmup(bad, constant(1))).toThrow(SettingError)
    }
    for (const bad of [NaN, Infinity, '1', undefined] as never[]) {
      expect(() => constant(bad)).toThrow(SettingError)
      expect(() => cosine(bad, { steps: 3 })).toThrow(SettingError)
      expect(() => linear({ from: bad, to: 1, steps: 3 })).toThrow(SettingError)
      expect(() => oneCycle({ peak: bad, steps: 3 })).toThrow(SettingError)
      expect(() => exponential(1, { factor: bad })).toThrow(SettingError)
    }
    expect(() => warmRestarts(1, { period: 5, multiplier: 0.5 })).toThrow(SettingError)
    expect(() => warmRestarts(1, { period: 5, multiplier: 1 + 1e-9 })).toThrow(SettingError)
    expect(() => oneCycle({ peak: 1, steps: 3, warmup: 1.5 })).toThrow(SettingError)
    expect(() => join([constant(1), constant(2)], [NaN])).toThrow(SettingError)
    expect(() => join([], [])).toThrow(SettingError)
    expect(() => join(null as never, [1])).toThrow(SettingError)
    expect(() => schedule(null as never)).toThrow(SettingError)
  })
})
