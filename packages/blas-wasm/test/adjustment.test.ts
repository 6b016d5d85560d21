import { describe, expect, test } from 'vitest'
import { createAdjustment, createJob, isShort, type Adjustment, type Job } from '../src/threads/adjustment.ts'

/** A machine that runs a job again and again; `took` says how long that takes on so many threads. */
function machine(adjustment: Adjustment): {
  now: number
  /** Threads of each job until `untilMs`. */
  run(job: Job, untilMs: number, took: (active: number, nowMs: number) => number): number[]
} {
  return {
    now: 0,
    run(job, untilMs, took) {
      const used: number[] = []
      while (this.now < untilMs) {
        const active = adjustment.active(this.now)
        const tookMs = took(active, this.now)
        this.now += tookMs
        adjustment.done(job, active, this.now, tookMs)
        used.push(active)
      }
      return used
    },
  }
}
/** A job of 0.2 ms for one thread, on a quiet machine. */
const quiet = (active: number): number => 0.2 / active

describe('the number of active threads', () => {
  test('is all of them on a quiet machine, with a short delay now and then', () => {
    const m = machine(createAdjustment(4))
    const used = m.run(createJob(), 1000, (active, now) => (now % 100 < 0.05 ? 1.5 : quiet(active)))
    expect(new Set(used)).toEqual(new Set([4]))
  })
  test('falls when joins wait for time slices, so that the work takes little longer than on one thread', () => {
    const m = machine(createAdjustment(2))
    const job = createJob()
    m.run(job, 100, quiet)
    // A helper runs for 3 ms, then waits for 3 ms, with a chunk in its hand.
    const used = m.run(job, 20_100, (active, now) => quiet(active) + (active === 2 && now % 6 >= 3 ? 3 : 0))
    expect(20_000 / used.length).toBeLessThan(1.02 * quiet(1))
    expect(used).toContain(2)
  })
  test('comes back within half a second when the machine is quiet', () => {
    const m = machine(createAdjustment(2))
    const job = createJob()
    m.run(job, 100, quiet)
    m.run(job, 20_000, (active) => quiet(active) + (active === 2 ? 3 : 0))
    const used = m.run(job, 20_600, quiet)
    expect(used.at(0)).toBe(1)
    expect(used.at(-1)).toBe(2)
    expect(used.lastIndexOf(1)).toBeLessThan(3000)
  })
  test('falls by as many threads as have no core of their own', () => {
    const m = machine(createAdjustment(4))
    const job = createJob()
    m.run(job, 100, quiet)
    const used = m.run(job, 5000, (active) => quiet(active) + (active > 2 ? 3 : 0))
    expect(used.at(-1)).toBe(2)
    expect(used.filter((n) => n > 2).length).toBeLessThan(0.01 * used.length)
    expect(used).not.toContain(1)
  })
  test('stays where jobs that differ look the same', () => {
    const m = machine(createAdjustment(2))
    const job = createJob()
    m.run(job, 50, (active) => quiet(active) / 10)
    m.run(job, 200, quiet)
    expect(new Set(m.run(job, 1000, quiet))).toEqual(new Set([2]))
  })
  test('stays where jobs come without a history', () => {
    const adjustment = createAdjustment(2)
    for (let now = 0; now < 1000; now += 10) adjustment.done(createJob(), 2, now, 10)
    expect(adjustment.active(1000)).toBe(2)
  })
})

describe('a short job', () => {
  test.each([
    [Infinity, false],
    [0.02, false],
    [0.005, false],
    [0.004, true],
    [0, false],
  ])('least time %d ms: %s', (leastMs, short) => {
    expect(isShort({ leastMs })).toBe(short)
  })
})
