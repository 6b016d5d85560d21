import type { Plan } from '@gradloom/core'
import { accessOf } from '@gradloom/core/extend'
import { WIDTHS } from '../plan/graph.ts'
import type { Band, Timeline } from './messages.ts'

/** When each buffer of a plan's arena is first written and last read, and how many bytes are in use at each step. */
export function timelineOf(plan: Plan): Timeline {
  const bands = new Map<number, Band & { readers: number[] }>()
  const seen = (buffer: number, step: number, isRead: boolean): void => {
    const place = plan.buffers[buffer]
    if (place.kind !== 'arena') return
    const band = bands.get(buffer)
    const readers = [...(band?.readers ?? []), ...(isRead ? [step] : [])]
    const { label, scope } = plan.steps[step]
    bands.set(buffer, {
      byteOffset: place.byteOffset,
      byteLength: place.size * WIDTHS[place.dtype],
      born: band?.born ?? step,
      label: band?.label ?? label,
      scope: band?.scope ?? scope,
      died: step,
      readers,
    })
  }
  plan.steps.forEach((step, i) => {
    const { reads, writes } = accessOf(step)
    for (const buffer of new Set(reads)) seen(buffer, i, true)
    for (const buffer of new Set(writes)) seen(buffer, i, false)
  })
  // Results are read when the plan has ended.
  for (const { buffer } of plan.outputs) {
    const band = bands.get(buffer)
    if (band) bands.set(buffer, { ...band, died: plan.steps.length - 1 })
  }
  const all = [...bands.values()].sort((a, b) => b.byteLength - a.byteLength)
  const used = plan.steps.map((_, i) =>
    all.reduce((sum, { born, died, byteLength }) => sum + (born <= i && i <= died ? byteLength : 0), 0),
  )
  const peakBytes = Math.max(0, ...used)
  return {
    steps: plan.steps.length,
    arenaBytes: plan.arenaBytes,
    plainArenaBytes: plan.plainArenaBytes ?? plan.arenaBytes,
    peakStep: used.indexOf(peakBytes),
    peakBytes,
    passes: plan.steps.map(({ pass }) => pass ?? 'forward'),
    bands: all,
  }
}
