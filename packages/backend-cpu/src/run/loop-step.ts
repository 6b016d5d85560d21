import type { CompiledLoop } from '../loop/compiler.ts'
import type { Team } from '../threads/team.ts'
import type { Pointer, ReadyStep } from './step.ts'

/** Scalar operations that are worth handing out: several times what it costs, which is about a microsecond. */
const LEAST_OPERATIONS = 40_000
/** Elements of a chunk at most: chunks come often enough for the engine to swap in optimised code early. */
const MOST_ELEMENTS = 32_768
/** Chunks that a descriptor can count. */
const MOST_CHUNKS = 4095
/** Chunks a thread, so that one that is late can be made up for. */
const CHUNKS_A_THREAD = 3

/** Loop kernels, one after the other, over ranges of their outer indices. */
export function loopStep(loops: readonly CompiledLoop[], scratchBytes: number, team: Team): ReadyStep {
  const words: number[] = []
  const pointers: Pointer[] = []
  const jobs = loops.map(({ task, table, outerSize, row, elements, operations }) => {
    const share = Math.max(LEAST_OPERATIONS, (outerSize * operations) / (team.threads * CHUNKS_A_THREAD)) / operations
    const wanted = Math.max(
      1,
      Math.floor(Math.min(MOST_ELEMENTS / elements, team.threads > 1 ? share : Infinity)),
      Math.ceil(outerSize / MOST_CHUNKS),
    )
    // Whole rows where they are short, else whole vectors.
    const unit = row <= wanted ? row : 16
    const grain = Math.ceil(wanted / unit) * unit
    const first = words.push(grain)
    for (const { buffer, byteOffset } of table) pointers.push({ word: words.push(0) - 1, buffer, byteOffset })
    return { task, byteOffset: 4 * (first - 1), chunks: Math.ceil(outerSize / grain) }
  })
  return {
    words: Int32Array.from(words),
    pointers,
    scratchBytes,
    run: ({ descriptor }) => {
      for (const { task, byteOffset, chunks } of jobs) team.run(task, descriptor + byteOffset, chunks)
    },
  }
}
