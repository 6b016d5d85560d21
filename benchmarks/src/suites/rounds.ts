import { availableParallelism } from 'node:os'
import { ours, type ContenderName } from '../contender.ts'
import { UnsupportedError } from '../errors.ts'
import type { Flags } from '../flags.ts'
import type { Guest, Host } from '../hosts/host.ts'
import { measure } from '../measure.ts'
import { rowsOf, type Row } from '../report/row.ts'
import { duration, lines } from '../report/table.ts'
import type { Workload } from '../workload.ts'
import { chosen } from './suite.ts'

/** A contender and the number of threads that it gets. */
export type Entry = readonly [name: ContenderName, threads: number]

const ROUND_MS = 120
const WARM_MS = 1500

/** A peer that took longer than this is not asked for larger products of the same form, which take eight times as long.
 * */
const PATIENCE_MS = 3000

/** Starts those that are there, says which are not, and measures every chosen workload. */
export async function rounds(
  suite: string,
  host: Host,
  entries: readonly Entry[],
  { filter, rounds: count }: Flags,
  workloads: readonly Workload[] = chosen(filter),
): Promise<Row[]> {
  const rows: Row[] = []
  const guests: Guest[] = []
  const slow = new Map<string, ReadonlyMap<Guest, string>>()
  if (workloads.length === 0) return rows
  try {
    for (const [name, threads] of entries.filter((e) => e[1] <= availableParallelism())) {
      try {
        guests.push(await host.start(name, threads))
      } catch (error) {
        if (!(error instanceof UnsupportedError) && ours.includes(name)) throw error
        console.log(`${name}${threads > 1 ? ` x${threads}` : ''}: ${(error as Error).message}`)
      }
    }
    for (const workload of workloads) {
      const family = workload.kind === 'matmul' ? workload.id.replace(/\d+/, '') : workload.id
      const outcomes = await measure(
        workload,
        guests,
        { rounds: count, roundMs: ROUND_MS, warmMs: WARM_MS },
        slow.get(family) ?? new Map(),
      )
      for (const { guest, ms } of outcomes) {
        if (ms !== null && ms > PATIENCE_MS)
          slow.set(
            family,
            new Map([...(slow.get(family) ?? []), [guest, `left out: took ${duration(ms)} for ${workload.id}`]]),
          )
      }
      console.log(lines(workload, outcomes).join('\n'))
      rows.push(...rowsOf(suite, host.name, workload, outcomes))
    }
  } finally {
    for (const guest of guests) await guest.close()
  }
  return rows
}
