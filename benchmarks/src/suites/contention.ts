import { availableParallelism } from 'node:os'
import type { Flags } from '../flags.ts'
import type { Guest } from '../hosts/host.ts'
import { nodeHost } from '../hosts/node.ts'
import { keepCoreBusy } from '../machine/busy.ts'
import { measure, type Outcome } from '../measure.ts'
import type { Row } from '../report/row.ts'
import { digits, lines } from '../report/table.ts'
import type { Workload } from '../workload.ts'
import { chosen, type Suite } from './suite.ts'

/** Long enough for threads that were left out to be tried again. */
const EFFORT = { roundMs: 400, warmMs: 1500 } as const
const shared: readonly Workload['kind'][] = ['train', 'chain', 'softmax', 'layerNorm', 'sum']

/** One thread against the default, all that the machine has: with nothing else to do, then with another program that
 * keeps one core busy. */
export const contentionSuite: Suite = async (flags) => {
  const threads = availableParallelism()
  if (threads === 1) {
    console.log('contention: two cores required, got one: there is nothing to compare')
    return []
  }
  const rows: Row[] = []
  const guests: Guest[] = []
  try {
    for (const count of [1, threads]) guests.push(await nodeHost.start('gradloom', count))
    for (const workload of chosen(flags.filter).filter(({ kind }) => shared.includes(kind))) {
      rows.push(await compare(workload, guests, flags, 'quiet'))
      const program = await keepCoreBusy()
      try {
        rows.push(await compare(workload, guests, flags, `one core busy${program.isPinned ? '' : ', not pinned'}`))
      } finally {
        await program.end()
      }
    }
  } finally {
    for (const guest of guests) await guest.close()
  }
  return rows
}

async function compare(workload: Workload, guests: readonly Guest[], { rounds }: Flags, state: string): Promise<Row> {
  const outcomes = await measure(workload, guests, { rounds, ...EFFORT }, new Map())
  const named = { ...workload, id: `${workload.id}, ${state}` }
  const row = rowOf(named, outcomes)
  console.log(lines(named, outcomes).join('\n'))
  if (row.ratio !== null) console.log(`  x${row.threads} takes ${digits(1 / row.ratio)} of the time of one thread`)
  return row
}

/** The default, with one thread as its peer. */
function rowOf(workload: Workload, [one, all]: readonly Outcome[]): Row {
  const note = all.problem ?? one.problem
  return {
    suite: 'contention',
    workload: workload.id,
    host: nodeHost.name,
    threads: all.guest.threads,
    unit: 'ms',
    ms: all.ms,
    peer: one.guest.name,
    peerThreads: one.guest.threads,
    peerMs: one.ms,
    ratio: one.ms !== null && all.ms !== null && note === null ? one.ms / all.ms : null,
    gflops: all.ms !== null && workload.flops ? workload.flops / all.ms / 1e6 : null,
    note,
  }
}
