import { writeFileSync } from 'node:fs'
import type { Flags, SuiteName } from './flags.ts'
import { describeMachine } from './machine/machine.ts'
import type { Row } from './report/row.ts'
import { digits } from './report/table.ts'
import type { Suite } from './suites/suite.ts'

/** A load average below this is the operating system's own. */
const QUIET = 0.4

async function suiteOf(name: Exclude<SuiteName, 'checkpoint'>): Promise<Suite> {
  switch (name) {
    case 'cpu':
      return (await import('./suites/cpu.ts')).cpuSuite
    case 'browser':
      return (await import('./suites/browser.ts')).browserSuite
    case 'contention':
      return (await import('./suites/contention.ts')).contentionSuite
    case 'webgpu':
      return (await import('./suites/webgpu.ts')).webgpuSuite
    case 'gpu':
      return (await import('./suites/gpu.ts')).gpuSuite
    case 'linalg':
      return (await import('./suites/linalg.ts')).linalgSuite
  }
}

/** Runs a suite, prints its table and writes its rows. */
export async function main(flags: Flags): Promise<void> {
  if (flags.profile) return (await import('./suites/profile.ts')).profile(flags)
  if (flags.tune) return (await import('./suites/tune.ts')).tune(flags)
  const measure = flags.suite === 'checkpoint' ? recomputed : compared(await suiteOf(flags.suite))
  const machine = await describeMachine()
  const { relaxed, simd128 } = machine.peakGflops
  console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}`)
  console.log(
    `128-bit peak of one core: ${relaxed === null ? 'no relaxed SIMD' : `${digits(relaxed)} GFLOPS fused`}, ${digits(simd128)} GFLOPS as two operations`,
  )
  if (machine.loadAverage > QUIET)
    console.log(
      `load average ${digits(machine.loadAverage)}: others use this machine, so that times are long and ratios uncertain, those of threads most`,
    )
  const { rows, failures } = await measure(flags)
  if (flags.json !== null) writeFileSync(flags.json, `${JSON.stringify({ machine, rows }, null, 1)}\n`)
  for (const failure of failures) console.error(failure)
  if (failures.length > 0) process.exitCode = 1
}

/** What a suite gives: the rows of `--json`, and what is wrong with them. */
interface Measured {
  readonly rows: readonly object[]
  readonly failures: readonly string[]
}

/** Ours against peers. */
const compared =
  (suite: Suite) =>
  async (flags: Flags): Promise<Measured> => {
    const rows = await suite(flags)
    summarise(rows)
    const failed = rows.filter((r) => r.note?.startsWith('wrong') || r.note?.startsWith('failed'))
    return { rows, failures: failed.map(({ workload, threads, note }) => `${workload} x${threads}: ${note}`) }
  }

/** Training with recomputation against the same without. */
async function recomputed(flags: Flags): Promise<Measured> {
  const { checkpointSuite } = await import('./suites/checkpoint.ts')
  const rows = await checkpointSuite(flags)
  const wrong = rows.filter((r) => r.lossesEqual === false)
  return {
    rows,
    failures: wrong.map((r) => `${r.workload}, ${r.strategy} x${r.threads}: wrong: its losses are not the plain ones`),
  }
}

const native: readonly (string | null)[] = ['numpy', 'pytorch', 'pytorch-gpu']

/** Where we are slower: against the libraries of the same platform, and against native code with vectors of twice the
 * width. */
function summarise(rows: readonly Row[]): void {
  for (const [title, isKind] of [
    ['libraries for JavaScript', (r: Row) => !native.includes(r.peer)],
    ['native libraries', (r: Row) => native.includes(r.peer)],
  ] as const) {
    // Ours with more threads than the peer is no comparison.
    const compared = rows.filter((r) => r.ratio !== null && isKind(r) && r.threads <= r.peerThreads!)
    if (compared.length === 0) continue
    const lost = compared.filter((r) => r.ratio! < 1).sort((a, b) => a.ratio! - b.ratio!)
    console.log(
      `\n${title}: faster in ${compared.length - lost.length} of ${compared.length} comparisons${lost.length > 0 ? ', slower in:' : ''}`,
    )
    for (const r of lost)
      console.log(
        `  ${r.workload.padEnd(56)} ${digits(r.ratio!)}x of ${r.peer}${r.peerThreads! > 1 ? ` x${r.peerThreads}` : ''}${r.threads > 1 ? `, ours x${r.threads}` : ''}`,
      )
  }
}
