import type { Profile } from './profile.ts'

/** An event of Chrome's trace format; times are microseconds. */
export interface TraceEvent {
  readonly name: string
  readonly cat: string
  /** `X`: a complete event; `M`: a name of a process or thread. */
  readonly ph: 'X' | 'M'
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  readonly args: { readonly [name: string]: unknown }
}

/** What a trace file holds, as JSON. */
export interface ChromeTrace {
  readonly displayTimeUnit: 'ms'
  readonly traceEvents: readonly TraceEvent[]
}

/** A profile for `chrome://tracing`, https://ui.perfetto.dev and the Performance panel of Chrome's tools: write its
 * JSON to a file. Calls are a row, each backend is a process, and what does its steps and its helper threads are rows
 * of it.
 * @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 * @example await writeFile('trace.json', JSON.stringify(chromeTrace(await profile(step, feeds)))) */
export function chromeTrace({ steps, spans }: Profile): ChromeTrace {
  const backends = [...new Set(steps.map((s) => s.backend))]
  const named = new Map<string, TraceEvent>()
  const name = (pid: number, tid: number, process: string, thread: string): void => {
    const meta = (what: string, text: string): TraceEvent => ({
      name: what,
      cat: '__metadata',
      ph: 'M',
      pid,
      tid,
      ts: 0,
      args: { name: text },
    })
    if (!named.has(`${pid}`)) named.set(`${pid}`, meta('process_name', process))
    if (!named.has(`${pid} ${tid}`)) named.set(`${pid} ${tid}`, meta('thread_name', thread))
  }
  const first = new Map<number, number>()
  steps.forEach((s, i) => first.set(s.plan, first.get(s.plan) ?? i))
  const events = spans.map((span): TraceEvent => {
    const ts = 1000 * span.startMs
    const dur = 1000 * Math.max(0, span.endMs - span.startMs)
    if (span.step < 0) {
      name(1, 0, 'calls', 'calls')
      return { name: 'call', cat: 'call', ph: 'X', pid: 1, tid: 0, ts, dur, args: {} }
    }
    const { ops, scope, part, backend, type, flops } = steps[first.get(span.plan)! + span.step]
    const pid = 2 + backends.indexOf(backend)
    name(pid, span.lane, backend, span.lane ? `helper ${span.lane}` : 'steps')
    const args = { step: span.step, scope, part, type, flops }
    return { name: ops.join('+'), cat: part, ph: 'X', pid, tid: span.lane, ts, dur, args }
  })
  return { displayTimeUnit: 'ms', traceEvents: [...named.values(), ...events] }
}
