import { ours, whole } from '../contender.ts'
import type { GpuCost } from '../gpu/meter.ts'
import type { Outcome } from '../measure.ts'
import type { Workload } from '../workload.ts'

/** A line of `--json`: one of ours against one peer, or alone where there is none. `ratio` is peerMs / ms: above 1, we
 * win. */
export interface Row {
  readonly suite: string
  readonly workload: string
  readonly host: string
  readonly threads: number
  /** Milliseconds, but for the workload that counts memory. */
  readonly unit: 'ms' | 'MiB'
  readonly ms: number | null
  readonly peer: string | null
  readonly peerThreads: number | null
  readonly peerMs: number | null
  readonly ratio: number | null
  readonly gflops: number | null
  /** What is wrong with either, if anything is. */
  readonly note: string | null
  /** Of a GPU: the share of its own peak, of multiplications or of bytes moved, and those bytes a nanosecond. */
  readonly share?: number
  readonly gigabytesPerSecond?: number
  /** What a run of ours, and of the peer, costs on a GPU. */
  readonly cost?: GpuCost
  readonly peerCost?: GpuCost
}

export function rowsOf(suite: string, host: string, workload: Workload, outcomes: readonly Outcome[]): Row[] {
  const mine = outcomes.filter((o) => ours.includes(o.guest.name))
  const peers = outcomes.filter((o) => !ours.includes(o.guest.name))
  return mine.flatMap(({ guest, ms, problem, cost }) => {
    const isWhole = whole.includes(guest.name)
    const base = {
      suite,
      host,
      threads: guest.threads,
      unit: 'ms' as const,
      ms,
      workload: isWhole ? workload.id : `${workload.id} (${guest.name})`,
      gflops: ms !== null && workload.flops ? workload.flops / ms / 1e6 : null,
      ...(cost && { cost }),
    }
    if (problem !== null && ms === null && !isWhole) return []
    const alone: Row = { ...base, peer: null, peerThreads: null, peerMs: null, ratio: null, note: problem }
    if (peers.length === 0) return [alone]
    return peers.map((o): Row => ({
      ...base,
      peer: o.guest.name,
      peerThreads: o.guest.threads,
      peerMs: o.ms,
      ratio: ms !== null && o.ms !== null && problem === null && o.problem === null ? o.ms / ms : null,
      note: problem ?? (o.problem && `${o.guest.name}: ${o.problem}`),
      ...(o.cost && { peerCost: o.cost }),
    }))
  })
}
