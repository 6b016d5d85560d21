import type { Band, MemoryTimeline } from './memory.ts'
import { bytesText, table } from './text.ts'

/** Columns that the steps are drawn in. */
const WIDTH = 48
/** Bands that are drawn, the largest. */
const ROWS = 20
const LEVELS = ' ▁▂▃▄▅▆▇█'

/** The arena as a text: how full it is over the steps, and when each of its largest buffers lives. */
export function memoryText({ arenaBytes, bytes, peakBytes, peakStep, steps, bands }: MemoryTimeline): string {
  const columns = Math.min(WIDTH, steps.length)
  const first = (column: number): number => Math.floor((column * steps.length) / columns)
  const range = Array.from({ length: columns }, (_, i) => [first(i), first(i + 1)] as const)
  const level = ([from, to]: readonly [number, number]): string => {
    const most = bytes.slice(from, to).reduce((a, b) => Math.max(a, b), 0)
    return LEVELS[Math.ceil((most / (peakBytes || 1)) * (LEVELS.length - 1))]
  }
  const drawn = (band: Band): string =>
    range.map(([from, to]) => (band.first < to && band.last >= from ? '█' : '·')).join('')
  const name = ({ ops, scope }: Band): string => ops.join('+') + (scope && ` in ${scope}`)
  const largest = bands.toSorted((a, b) => b.end - b.start - (a.end - a.start)).slice(0, ROWS)
  const rest = bands.length - largest.length
  const peak = peakStep < 0 ? '' : `, most in step ${peakStep}: ${bytesText(peakBytes)}`
  const rows = [
    ['all', bytesText(peakBytes), '', range.map(level).join('')],
    ...largest.map((b) => [name(b), bytesText(b.end - b.start), b.part, drawn(b)]),
  ]
  return [
    `arena ${bytesText(arenaBytes)} over ${steps.length} steps${peak}`,
    table(rows, [1]),
    ...(rest ? [`and ${rest} more`] : []),
  ].join('\n')
}
