import { ours, type ContenderName } from '../contender.ts'
import { UnsupportedError } from '../errors.ts'
import type { Flags } from '../flags.ts'
import type { Host } from '../hosts/host.ts'
import type { Row } from '../report/row.ts'
import { digits, duration } from '../report/table.ts'
import { median } from '../session.ts'
import { firstStep } from '../workloads.ts'
import { matches } from './suite.ts'

const TIME = 'cnn: time to first step'
const MEMORY = 'cnn: peak memory of 20 steps'
const STEPS = 20

interface Fresh {
  readonly ms: number[]
  readonly mib: number[]
  readonly problem: string | null
}

/** What only a new process can tell: the time from an imported library to the first loss, and how much memory training
 * took. */
export async function firstSteps(
  suite: string,
  host: Host,
  names: readonly ContenderName[],
  { filter, rounds }: Flags,
): Promise<Row[]> {
  if (![TIME, MEMORY].some((id) => matches(id, filter))) return []
  const found = new Map<ContenderName, Fresh>()
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const have = found.get(name) ?? { ms: [], mib: [], problem: null }
      if (have.problem === null) found.set(name, await once(host, name, have))
    }
  }
  const hasMemory = [...found.values()].some((f) => f.mib.length > 0)
  return [
    ...print(suite, host, TIME, found, (f) => f.ms, duration),
    ...(hasMemory
      ? print(
          suite,
          host,
          MEMORY,
          found,
          (f) => f.mib,
          (v) => `${digits(v)} MiB`,
        )
      : []),
  ]
}

async function once(host: Host, name: ContenderName, { ms, mib }: Fresh): Promise<Fresh> {
  try {
    const guest = await host.start(name, 1)
    try {
      const before = await guest.session.memory()
      const elapsed = await guest.session.setup(firstStep)
      await guest.session.check(STEPS)
      const after = await guest.session.memory()
      return {
        ms: [...ms, elapsed],
        mib: before === null || after === null ? mib : [...mib, after.peak - before.resident],
        problem: null,
      }
    } finally {
      await guest.close()
    }
  } catch (error) {
    return {
      ms,
      mib,
      problem:
        error instanceof UnsupportedError || !ours.includes(name)
          ? (error as Error).message
          : `failed: ${(error as Error).message}`,
    }
  }
}

/** Rows of a quantity; memory stands in the same columns as time. */
function print(
  suite: string,
  host: Host,
  workload: string,
  found: ReadonlyMap<ContenderName, Fresh>,
  of: (fresh: Fresh) => readonly number[],
  show: (value: number) => string,
): Row[] {
  const typical = (name: ContenderName): number | null => {
    const values = of(found.get(name)!)
    return values.length > 0 ? median(values) : null
  }
  const own = typical('gradloom')
  console.log(workload)
  const base = {
    suite,
    workload,
    host: host.name,
    threads: 1,
    unit: workload === MEMORY ? 'MiB' : 'ms',
    ms: own,
    gflops: null,
  } as const
  const rows = [...found].map(([name, { problem }]): Row => {
    const value = typical(name)
    const peer = !ours.includes(name)
    const ratio = peer && value !== null && own !== null ? value / own : null
    console.log(
      `  ${name.padEnd(20)}${(value === null ? '' : show(value)).padStart(9)} ${''.padStart(20)} ${(ratio === null ? '' : `${digits(ratio)}x`).padStart(7)}${problem === null ? '' : `  ${problem}`}`,
    )
    return {
      ...base,
      peer: peer ? name : null,
      peerThreads: peer ? 1 : null,
      peerMs: peer ? value : null,
      ratio,
      note: problem && (peer ? `${name}: ${problem}` : problem),
    }
  })
  return rows.length > 1 ? rows.filter((r) => r.peer !== null) : rows
}
