import type { Profiled, Span } from '@gradloom/core'

/** A run and its spans, which it notes on the clock of the thread. */
export function timed(run: (spans: Span[]) => Profiled['values']): Profiled {
  const spans: Span[] = []
  const begun = performance.now()
  const values = run(spans)
  const totalMs = performance.now() - begun
  const sinceBegun = (s: Span): Span => ({ ...s, startMs: s.startMs - begun, endMs: s.endMs - begun })
  return { values, spans: spans.map(sinceBegun), totalMs }
}
