import type { NestedTime, Profiled, Span } from '@gradloom/core'
import type { Team } from '../threads/team.ts'
import type { Note } from './step.ts'

/** A run and its spans, which it notes on the clock of the thread as steps end, with those of helpers that took part.
 * */
export function timed(team: Pick<Team, 'watched'>, run: (note: Note) => Profiled['values']): Profiled {
  const steps: Span[] = []
  const nested = new Map<string, NestedTime>()
  const note: Note = (path, startMs, endMs) => {
    if (path.length === 1) return void steps.push({ step: path[0], startMs, endMs, lane: 0 })
    const key = String(path)
    nested.set(key, { path, ms: (nested.get(key)?.ms ?? 0) + endMs - startMs })
  }
  const beside: Span[] = []
  const begun = performance.now()
  const values = team.watched(
    (lane, startMs, endMs) => beside.push({ step: steps.length, startMs, endMs, lane }),
    () => run(note),
  )
  const totalMs = performance.now() - begun
  const sinceBegun = (s: Span): Span => ({ ...s, startMs: s.startMs - begun, endMs: s.endMs - begun })
  // Clocks of threads can differ by a little: a helper works while its step does.
  const within = (s: Span): Span => {
    const step = steps[s.step]
    const inStep = (ms: number): number => Math.min(Math.max(ms, step.startMs), step.endMs)
    return { ...s, startMs: inStep(s.startMs), endMs: inStep(s.endMs) }
  }
  const spans = [...steps, ...beside.map(within)].map(sinceBegun).sort((a, b) => a.startMs - b.startMs)
  return { values, spans, totalMs, nested: [...nested.values()] }
}
