import type { ParetoRow } from '@gradloom/checkpoint'
import { digits, duration } from '../report/table.ts'
import type { CheckpointRow } from './compare.ts'
import type { PlanningRow } from './planning.ts'

const megabytes = (bytes: number): string => `${digits(bytes / 1e6)} MB`
const percent = (share: number): string => `${digits(100 * share)} %`

const columns = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(26) : cell.padStart(13)))
    .join('')
    .trimEnd()

export const heading = (): string =>
  columns(['strategy', 'activations', 'plain', 'saved', 'peak', 'a step', 'plain', 'extra time', 'kernels', 'losses'])

/** A strategy's line below its model. */
export function line(row: CheckpointRow): string {
  const { strategy, threads, activationBytes, plainActivationBytes, peakBytes, ms, plainMs, lossesEqual } = row
  return columns([
    `  ${strategy}${threads > 1 ? ` x${threads}` : ''}`,
    megabytes(activationBytes),
    megabytes(plainActivationBytes),
    percent(1 - activationBytes / plainActivationBytes),
    megabytes(peakBytes),
    ms === null ? 'not run' : duration(ms),
    plainMs === null ? 'not run' : duration(plainMs),
    ms === null || plainMs === null ? '' : percent(ms / plainMs - 1),
    `+${row.recomputedOps}`,
    lossesEqual === null ? 'not run' : lossesEqual ? 'equal' : 'DIFFER',
  ])
}

export const planningHeading = (): string =>
  columns(['  policy', 'values', 'it decided in', 'compiled in', 'kernels', 'activations'])

export const planningLine = ({ strategy, values, decideMs, cpuMs, recomputedOps, arenaBytes }: PlanningRow): string =>
  columns([
    `  ${strategy}`,
    String(values),
    duration(decideMs),
    duration(cpuMs),
    `+${recomputedOps}`,
    megabytes(arenaBytes),
  ])

export const frontHeading = (): string => columns(['  budget', 'activations', 'kernels', 'GFLOP again'])

export const frontLine = ({ budget, arenaBytes, recomputedOps, recomputedFlops }: ParetoRow): string =>
  columns([
    budget === null ? '  none' : `  ${megabytes(budget)}`,
    megabytes(arenaBytes),
    `+${recomputedOps}`,
    (recomputedFlops / 1e9).toFixed(3),
  ])
