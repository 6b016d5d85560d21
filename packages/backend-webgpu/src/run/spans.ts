import type { Profiled, Span } from '@gradloom/core'
import type { Program } from './program.ts'

/**
 * When the steps of a plan ran, by timestamps in nanoseconds: two for each command, before and after a kernel. A kernel
 * takes what passed since the one before; of steps that share one, each has its share of what workgroups go through,
 * and what is done in registers on another's results has no time of its own. Values that are moved take what lies
 * between kernels.
 */
export function spansOf(
  times: BigUint64Array,
  { commands, dispatches, stepsOf }: Program,
  steps: number,
): Pick<Profiled, 'spans' | 'totalMs'> {
  const spans: Span[] = []
  const first = times[2 * commands.findIndex((c) => 'dispatch' in c)]
  const msAt = (query: number): number => Number(times[query] - first) / 1e6
  let at = 0
  const add = (step: number, ms: number): void => {
    spans.push({ step, startMs: at, endMs: at + ms, lane: 0 })
    at += ms
  }
  let moved: number[] = []
  commands.forEach((command, i) => {
    if ('place' in command) {
      moved.push(command.step)
      return
    }
    const beginMs = Math.max(at, msAt(2 * i))
    const each = (beginMs - at) / moved.length
    for (const step of moved) add(step, each)
    moved = []
    const ms = Math.max(at, msAt(2 * i + 1)) - at
    const { drafts } = dispatches[command.dispatch]
    const work = drafts.map((d) => d.workgroups * d.body.length)
    const all = work.reduce((a, b) => a + b)
    for (const [k, draft] of drafts.entries()) {
      const [own, ...joined] = stepsOf.get(draft)!
      add(own, (ms * work[k]) / all)
      for (const step of joined) add(step, 0)
    }
  })
  const seen = new Set(spans.map((s) => s.step))
  for (let step = 0; step < steps; step++) if (!seen.has(step)) add(step, 0)
  return { spans, totalMs: at }
}
