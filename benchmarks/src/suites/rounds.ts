import { availableParallelism } from 'node:os'
import type { ContenderName } from '../contender.ts'
import { UnsupportedError } from '../errors.ts'
import type { Flags } from '../flags.ts'
import type { Guest, Host } from '../hosts/host.ts'
import { measure } from '../measure.ts'
import { rowsOf, type Row } from '../report/row.ts'
import { lines } from '../report/table.ts'
import { chosen } from './suite.ts'

/** A contender and the number of threads that it gets. */
export type Entry = readonly [name: ContenderName, threads: number]

const ROUND_MS = 120, WARM_MS = 1500

/** Starts those that are there, says which are not, and measures every chosen workload. */
export async function rounds(suite: string, host: Host, entries: readonly Entry[], { filter, rounds: count }: Flags): Promise<Row[]> {
  const workloads = chosen(filter), rows: Row[] = [], guests: Guest[] = []
  if (workloads.length === 0) return rows
  try {
    for (const [name, threads] of entries.filter((e) => e[1] <= availableParallelism())) {
      try {
        guests.push(await host.start(name, threads))
      } catch (error) {
        if (!(error instanceof UnsupportedError)) throw error
        console.log(`${name}${threads > 1 ? ` x${threads}` : ''}: ${error.message}`)
      }
    }
    for (const workload of workloads) {
      const outcomes = await measure(workload, guests, { rounds: count, roundMs: ROUND_MS, warmMs: WARM_MS })
      console.log(lines(workload, outcomes).join('\n'))
      rows.push(...rowsOf(suite, host.name, workload, outcomes))
    }
  } finally {
    for (const guest of guests) await guest.close()
  }
  return rows
}
