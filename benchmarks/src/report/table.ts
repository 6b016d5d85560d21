import { ours, whole } from '../contender.ts'
import type { GpuCost } from '../gpu/meter.ts'
import type { Outcome } from '../measure.ts'
import type { Workload } from '../workload.ts'

/** Three significant digits, and what they count. */
export function duration(ms: number): string {
  const [value, unit] = ms >= 1000 ? [ms / 1000, 's'] : ms >= 1 ? [ms, 'ms'] : [ms * 1000, 'us']
  return `${digits(value)} ${unit}`
}
export const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

const named = (o: Outcome): string => `${o.guest.name}${o.guest.threads > 1 ? ` x${o.guest.threads}` : ''}`

const costText = ({ dispatches, submits, readbacks, workMs, hostMs, floorMs }: GpuCost): string =>
  [
    `${dispatches} dispatches, ${submits} submits, ${readbacks} readbacks, work ${duration(workMs)}`,
    `host ${duration(hostMs)}${floorMs === null ? '' : ` (floor ${duration(floorMs)})`}`,
  ].join(', ')

/** A workload's lines: everyone's time, how many times as long each peer takes as our best with no more threads, and as
 * our best with any. */
export function lines(workload: Workload, outcomes: readonly Outcome[]): string[] {
  const mine = outcomes.filter((o) => whole.includes(o.guest.name) && o.ms !== null && o.problem === null)
  const over = (ms: number, threads: number): string => {
    const fair = mine.filter((m) => m.guest.threads <= threads).map((m) => m.ms!)
    return fair.length > 0 ? `${digits(ms / Math.min(...fair))}x` : ''
  }
  return [
    workload.id,
    ...outcomes.flatMap((o) => {
      if (o.ms === null && o.problem !== null && /^(products only|not a workload)/.test(o.problem)) return []
      const time = o.ms === null ? '' : duration(o.ms)
      const rate = o.ms !== null && workload.flops ? `${digits(workload.flops / o.ms / 1e6)} GFLOPS` : ''
      const spread = o.ms === null ? '' : `±${(100 * o.spread).toFixed(0)} %`
      const compared = !ours.includes(o.guest.name) && o.problem === null ? o.ms : null
      const cost = o.cost ? `  ${costText(o.cost)}` : ''
      const [fair, any] = compared === null ? ['', ''] : [over(compared, o.guest.threads), over(compared, Infinity)]
      const problem = o.problem === null ? '' : `  ${o.problem}`
      const figures = [time.padStart(9), spread.padStart(6), rate.padStart(13), fair.padStart(7), any.padStart(7)]
      return [`  ${named(o).padEnd(20)}${figures.join(' ')}${cost}${problem}`.trimEnd()]
    }),
  ]
}
