import { checkProfile } from './check.ts'
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

/** The only process. */
const PID = 1

/** What a trace file holds, as JSON. */
export interface ChromeTrace {
  readonly displayTimeUnit: 'ms'
  readonly traceEvents: readonly TraceEvent[]
}

/** A profile for `chrome://tracing`, https://ui.perfetto.dev, speedscope and the Performance panel of Chrome's tools:
 * write its JSON to a file. A row has calls with their steps in them, and each helper thread of a backend a row of its
 * own. @throws SettingError for what is no profile
 * @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 * @example await writeFile('trace.json', JSON.stringify(chromeTrace(await profile(step, feeds)))) */
export function chromeTrace(profile: Profile): ChromeTrace {
  checkProfile('chromeTrace', profile)
  const { steps, spans } = profile
  const rows: string[] = ['calls and steps']
  const rowOf = (name: string): number => (rows.includes(name) ? rows.indexOf(name) : rows.push(name) - 1)
  const first = new Map<number, number>()
  steps.forEach((s, i) => first.set(s.plan, first.get(s.plan) ?? i))
  const events = spans.map((span): TraceEvent => {
    const ts = 1000 * span.startMs
    const time = { ph: 'X', pid: PID, ts, dur: Math.max(0, 1000 * span.endMs - ts) } as const
    if (span.step < 0) return { name: 'call', cat: 'call', tid: 0, ...time, args: {} }
    const { ops, scope, part, backend, type, flops } = steps[first.get(span.plan)! + span.step]
    const tid = span.lane ? rowOf(`${backend}, helper ${span.lane}`) : 0
    return {
      name: ops.join('+'),
      cat: part,
      tid,
      ...time,
      args: { step: span.step, scope, part, type, flops, backend },
    }
  })
  const named = (what: string, tid: number, name: string): TraceEvent => ({
    name: what,
    cat: '__metadata',
    ph: 'M',
    pid: PID,
    tid,
    ts: 0,
    args: { name },
  })
  const names = rows.map((row, tid) => named('thread_name', tid, row))
  return { displayTimeUnit: 'ms', traceEvents: [named('process_name', 0, 'gradloom'), ...names, ...events] }
}
