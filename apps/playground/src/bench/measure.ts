import type { Measured } from './messages.ts'

const TICKS = 200
const SAMPLES = 15
const WARM_MS = 150
const MOST_REPEATS = 10_000

/** The least step of the clock: 5 µs where the page is isolated, more elsewhere. */
export function clockTick(): number {
  let least = Infinity
  for (let i = 0; i < 20; i++) {
    const start = performance.now()
    let next = start
    while (next === start) next = performance.now()
    least = Math.min(least, next - start)
  }
  return least
}

const quantile = (sorted: readonly number[], share: number): number => {
  const place = share * (sorted.length - 1)
  const low = Math.floor(place)
  return sorted[low] + (sorted[Math.min(sorted.length - 1, low + 1)] - sorted[low]) * (place - low)
}

/** Runs work until it is warm, then takes samples, each so long that the clock's step is half a percent of it. */
export async function measure(
  work: () => Promise<unknown>,
  tickMs: number,
): Promise<Omit<Measured, 'flops' | 'plans'>> {
  const warm = performance.now()
  let runs = 0
  do {
    await work()
    runs++
  } while (performance.now() - warm < WARM_MS)
  const each = (performance.now() - warm) / runs
  const repeats = Math.min(MOST_REPEATS, Math.max(1, Math.ceil((TICKS * tickMs) / each)))
  const samples: number[] = []
  for (let i = 0; i < SAMPLES; i++) {
    const start = performance.now()
    for (let k = 0; k < repeats; k++) await work()
    samples.push((performance.now() - start) / repeats)
  }
  const sorted = samples.toSorted((a, b) => a - b)
  return {
    samples,
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    repeats,
  }
}
