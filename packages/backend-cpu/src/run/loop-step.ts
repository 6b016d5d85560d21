import { createJob } from '@gradloom/blas-wasm'
import type { CompiledLoop } from '../loop/compiler.ts'
import type { Team } from '../threads/team.ts'
import type { Pointer, ReadyStep } from './step.ts'

/** Scalar operations of a chunk that is worth handing out, at 0.035 ns each in the first caches 3.5 us: handing out and
 * fetching what the other thread wrote cost about 2.4. Rounding up to as many for each thread makes them smaller by
 * half at most. */
const LEAST_OPERATIONS = 100_000
/** Elements of a chunk at most: chunks come often enough for the engine to swap in optimised code early. */
const MOST_ELEMENTS = 32_768
/** Chunks that a descriptor can count. */
const MOST_CHUNKS = 4095
/** Chunks a thread, so that one that is late can be made up for. */
const CHUNKS_A_THREAD = 3

interface Cut {
  /** Outer indices of a chunk. */
  readonly grain: number
  /** Whether handing chunks out is worth it. */
  readonly isShared: boolean
}

/** As many chunks for each thread, as far as they are worth it. */
function cut({ outerSize, row, elements, operations }: CompiledLoop, threads: number): Cut {
  const even = (chunks: number): number => (chunks < threads ? chunks : roundUp(chunks, threads))
  const worth = Math.min(threads * CHUNKS_A_THREAD, Math.floor((outerSize * operations) / LEAST_OPERATIONS))
  const least = Math.max(1, Math.ceil((outerSize * elements) / MOST_ELEMENTS))
  const isShared = threads > 1 && worth > 1
  const chunks = isShared ? even(Math.max(worth, least)) : least
  const wanted = Math.max(1, Math.ceil(outerSize / Math.min(chunks, MOST_CHUNKS)))
  // Whole rows where they are short, else whole vectors.
  const unit = row > 0 && row <= wanted ? row : 16
  return { grain: roundUp(wanted, unit), isShared }
}

const roundUp = (n: number, unit: number): number => Math.ceil(n / unit) * unit

/** Loop kernels, one after the other, over ranges of their outer indices. */
export function loopStep(loops: readonly CompiledLoop[], scratchBytes: number, team: Team): ReadyStep {
  const words: number[] = []
  const pointers: Pointer[] = []
  const jobs = loops.map((loop) => {
    const { task, table, outerSize } = loop
    const { grain, isShared } = cut(loop, team.threads)
    const first = words.push(grain)
    for (const { buffer, byteOffset } of table) pointers.push({ word: words.push(0) - 1, buffer, byteOffset })
    return {
      task: isShared ? task : { call: task.call },
      byteOffset: 4 * (first - 1),
      chunks: Math.ceil(outerSize / grain),
      job: createJob(),
    }
  })
  return {
    words: Int32Array.from(words),
    pointers,
    scratchBytes,
    run: ({ descriptor }) => {
      for (const { task, byteOffset, chunks, job } of jobs) team.run(task, descriptor + byteOffset, chunks, job)
    },
  }
}
