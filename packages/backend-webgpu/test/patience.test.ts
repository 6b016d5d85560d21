import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPatience, type Patience } from '../src/device/patience.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

interface Waited {
  /** Until the result was there, and of these, those that were polled. */
  readonly ms: number
  readonly polledMs: number
}

/** Asks for a result that is there `ms` after the call. */
async function waitFor(ms: number, patience: Patience): Promise<Waited> {
  const begin = performance.now()
  let askedAt = begin
  const done = patience(() => {
    askedAt = performance.now()
    const left = begin + ms - askedAt
    return left > 0 ? new Promise((resolve) => setTimeout(resolve, left)) : Promise.resolve()
  }).then(() => ({ ms: performance.now() - begin, polledMs: performance.now() - askedAt }))
  await vi.advanceTimersByTimeAsync(60_000)
  return done
}
async function inTurn(times: readonly number[], patience: Patience): Promise<Waited[]> {
  const all: Waited[] = []
  for (const ms of times) all.push(await waitFor(ms, patience))
  return all
}
const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length
const alike = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms)

describe('webgpu: when a run that is polled for is asked for its results', () => {
  it('about when the one before had them', async () => {
    const all = (await inTurn(alike(60, 400), createPatience(true))).slice(30)
    expect(mean(all.map((w) => w.polledMs))).toBeLessThan(60)
    expect(mean(all.map((w) => w.ms))).toBeLessThan(415)
    expect(Math.max(...all.map((w) => w.ms))).toBeLessThan(460)
  })

  it('a first run that takes long does not hold up the next ones', async () => {
    const all = await inTurn([20_000, ...alike(20, 100)], createPatience(true))
    expect(Math.max(...all.slice(1).map((w) => w.ms))).toBeLessThan(125)
  })

  it('at once where runs are short, and where nobody polls', async () => {
    for (const [ms, isPolled] of [
      [3, true],
      [400, false],
    ] as const)
      for (const waited of await inTurn(alike(30, ms), createPatience(isPolled)))
        expect(waited).toEqual({ ms, polledMs: ms })
  })
})
