import type { Contender, Run } from './contender.ts'
import { digest, type Digest } from './digest.ts'
import type { GpuCost } from './gpu/meter.ts'
import type { Workload } from './workload.ts'

export interface Memory {
  readonly resident: number
  readonly peak: number
}

/** How a contender is driven, wherever it lives: one session a process or page, one workload at a time. */
export interface Session {
  /** Readies a workload; the milliseconds until its first result was there. @throws UnsupportedError */
  setup(workload: Workload): Promise<number>
  /** What the first runs gave: `count` numbers for training (the losses), else the one result. */
  check(count: number): Promise<Digest>
  /** Runs until the time of a run no longer falls, or for `limitMs`; the milliseconds of a run at last. */
  warm(limitMs: number): Promise<number>
  /** Milliseconds of a run, measured for `budgetMs`: one number for each sample, of several runs where they are short.
   * */
  time(budgetMs: number): Promise<number[]>
  /** The process's memory in MiB: now, and at its peak since the last call; null where it can't be known. */
  memory(): Promise<Memory | null>
  /** What a run costs on a GPU; null where none is used. What runs compute afterwards means nothing. */
  cost(): Promise<GpuCost | null>
  dispose(): Promise<void>
}

/** A sample is at least this long, so that the clock's steps (up to 0.1 ms in pages) do not show. */
const SAMPLE_MS = 2
const BLOCK_MS = 60
/** Blocks in a row that are no faster than the best before: compilers and allocators take a step back now and then. */
const CALM_BLOCKS = 8

export function createSession(contender: Contender, memory: () => Memory | null): Session {
  let current: Run | null = null
  let first: number[] | Digest = []
  let loops = 1
  const now = (): number => performance.now()

  /** `loops` runs in a row. */
  async function sample(run: Run['run']): Promise<number> {
    const begin = now()
    for (let i = 0; i < loops; i++) {
      const result = run()
      if (result instanceof Promise) await result
    }
    return (now() - begin) / loops
  }
  const live = (): Run => {
    if (!current) throw new Error('session: set up a workload first')
    return current
  }
  const end = async (): Promise<void> => {
    await current?.dispose()
    current = null
  }

  return {
    async setup(workload) {
      await end()
      loops = 1
      const begin = now()
      current = await contender.setup(workload)
      const result = await current.run()
      const elapsed = now() - begin
      first = typeof result === 'number' ? [result] : digest(result)
      return elapsed
    },
    async check(count) {
      const { run } = live()
      if (!Array.isArray(first)) return first
      while (first.length < count) first.push((await run()) as number)
      return digest(Float64Array.from(first))
    },
    async warm(limitMs) {
      const { run } = live()
      const end = now() + limitMs
      let best = Infinity
      let calm = 0
      let typical = 0
      while (now() < end && calm < CALM_BLOCKS) {
        const times: number[] = []
        const blockEnd = Math.min(end, now() + BLOCK_MS)
        do times.push(await sample(run))
        while (now() < blockEnd)
        typical = median(times)
        calm = typical > 0.97 * best ? calm + 1 : 0
        best = Math.min(best, typical)
        loops = Math.max(1, Math.ceil(SAMPLE_MS / Math.max(typical, 1e-5)))
      }
      return typical
    },
    async time(budgetMs) {
      const { run } = live()
      const times: number[] = []
      const end = now() + budgetMs
      do times.push(await sample(run))
      while (now() < end)
      return times
    },
    memory: async () => memory(),
    cost: async () => (await contender.meter?.cost(live().run, contender.reuses ?? false)) ?? null,
    dispose: end,
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
