/// <reference lib="dom" preserve="true" />
import type { Feed, Plan, Span } from '@gradloom/core'
import { demandFunction, settings } from '@gradloom/core/extend'
import { factsOf, groupedBy, type StepFacts } from './facts.ts'
import { flopsOf } from './flops.ts'
import { innerSteps, type InnerStep, type TimesByPath } from './innerSteps.ts'
import { profileText } from './profileText.ts'
import { withText } from './text.ts'
import { timedPlans, type TimedPlan } from './watchRuns.ts'

export interface ProfileOptions {
  /** Calls that are timed; 10 where absent. */
  readonly runs?: number
  /** Calls before them, which compile and warm up; 3 where absent. */
  readonly warmup?: number
}

/** A plan step, and the time that it takes a call. */
export interface ProfiledStep extends StepFacts {
  /** The plan that it is of, by position: a call runs several where several backends take part. */
  readonly plan: number
  readonly backend: string
  /** The mean of all calls, and the least. */
  readonly ms: number
  readonly leastMs: number
  /** Of the time of a call. */
  readonly share: number
  /** Scalar operations; null where they are unknown. */
  readonly flops: number | null
  /** The steps of plans that it runs, where the backend can time them. */
  readonly inner: readonly InnerStep[]
}

export interface TimeOf {
  readonly name: string
  /** A call. */
  readonly ms: number
  readonly share: number
  readonly steps: number
}

/** A stretch of time on the caller's clock, from the first timed call on. */
export interface TraceSpan {
  /** The plan and its step; -1 for a whole call. */
  readonly plan: number
  readonly step: number
  /** See `Span.lane`. */
  readonly lane: number
  readonly startMs: number
  readonly endMs: number
}

/** Where the time of a step goes, as plain data; `String(it)` is a text, `chromeTrace(it)` a file for trace viewers. */
export interface Profile {
  readonly runs: number
  /** The mean time of a call, from asking to results. */
  readonly ms: number
  readonly steps: readonly ProfiledStep[]
  /** What is left of a call: inputs and results within the backend, and what is done around it (checks of feeds, the
   * queue, messages to a worker). With the steps' it is the time of a call. */
  readonly rest: { readonly backendMs: number; readonly callMs: number }
  /** By the ops of a kernel, joined as it does them. */
  readonly byOp: readonly TimeOf[]
  readonly byScope: readonly TimeOf[]
  readonly byPart: readonly TimeOf[]
  readonly spans: readonly TraceSpan[]
  /** A text: tables of times. */
  toString(): string
}

type Fed = { readonly [name: string]: Feed }

/**
 * Times the steps of a plan on the backend that runs them. It calls `step` for good, `warmup + runs` times: variables
 * change as they do in training. Whatever else runs meanwhile counts as if it were the step's. Besides a compiled step
 * it can be any function that computes something.
 * @throws BackendError for a backend that cannot time steps; SettingError, NameError
 * @example console.log(String(await profile(step, { images, labels })))
 * @example const { byOp } = await profile(() => train(x, y), {}, { runs: 20 })
 */
export async function profile(
  step: (feeds: Fed) => Promise<unknown>,
  feeds: Fed = {},
  options?: ProfileOptions,
): Promise<Profile> {
  const { runs, warmup } = settings('profile', options, { runs: 10, warmup: 3 }, (value, _, name) =>
    isCount(value, name === 'runs' ? 1 : 0) ? undefined : 'a whole number',
  )
  demandFunction('profile', step)
  for (let i = 0; i < warmup; i++) await timedPlans(() => step(feeds))
  const calls: Call[] = []
  for (let i = 0; i < runs; i++) {
    const startMs = performance.now()
    const plans = await timedPlans(() => step(feeds))
    calls.push({ startMs, endMs: performance.now(), plans })
  }
  return withText(profileOf(calls), profileText)
}

const isCount = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && (value as number) >= least

interface Call {
  readonly startMs: number
  readonly endMs: number
  readonly plans: readonly TimedPlan[]
}

function profileOf(calls: readonly Call[]): Profile {
  const runs = calls.length
  const mean = (of: (call: Call) => number): number => calls.reduce((sum, c) => sum + of(c), 0) / runs
  const ms = mean((c) => c.endMs - c.startMs)
  const plans = [...new Set(calls.flatMap((c) => c.plans.map((p) => p.plan)))]
  const backends = new Map(calls.flatMap((c) => c.plans.map((p) => [p.plan, p.backend] as const)))
  const steps = plans.flatMap((plan, number) => {
    const times = calls.map((c) => timesOf(c, plan))
    const within = withinSteps(calls, plan)
    return plan.steps.map((one, step): ProfiledStep => {
      const own = times.reduce((sum, t) => sum + t[step], 0) / runs
      const least = times.reduce((a, t) => Math.min(a, t[step]), Infinity)
      const time = { ms: own, leastMs: least, share: own / ms }
      const facts = factsOf(plan, step)
      const inner = innerSteps(plan, [step], within, ms)
      return { ...facts, plan: number, backend: backends.get(plan)!, ...time, flops: flopsOf(one), inner }
    })
  })
  const stepMs = steps.reduce((sum, s) => sum + s.ms, 0)
  const backendMs = mean((c) => c.plans.reduce((sum, p) => sum + p.totalMs, 0))
  const by = (keyOf: (step: ProfiledStep) => string): TimeOf[] =>
    [...groupedBy(steps, keyOf)]
      .map(([name, group]) => {
        const own = group.reduce((sum, s) => sum + s.ms, 0)
        return { name, ms: own, share: own / ms, steps: group.length }
      })
      .sort((a, b) => b.ms - a.ms)
  return {
    runs,
    ms,
    steps,
    rest: { backendMs: backendMs - stepMs, callMs: ms - backendMs },
    byOp: by((s) => s.ops.join('+')),
    byScope: by((s) => s.scope),
    byPart: by((s) => s.part),
    spans: calls.flatMap((c) => spansOf(c, plans, calls[0].startMs)),
  }
}

/** What each step of a plan took in a call, which may run the plan more than once. */
function timesOf({ plans }: Call, plan: Plan): number[] {
  const times = plan.steps.map(() => 0)
  for (const run of plans) {
    if (run.plan !== plan) continue
    for (const s of run.spans) if (s.lane === 0) times[s.step] += s.endMs - s.startMs
  }
  return times
}

/** What steps within steps of a plan took, the mean of all calls. */
function withinSteps(calls: readonly Call[], plan: Plan): TimesByPath {
  const times = new Map<string, number>()
  for (const { path, ms } of calls.flatMap((c) => c.plans.flatMap((p) => (p.plan === plan ? p.nested : []))))
    times.set(String(path), (times.get(String(path)) ?? 0) + ms / calls.length)
  return times
}

/** Spans on the caller's clock. Where a backend has another, its work is put in the middle of the time that the caller
 * waited. */
function spansOf(call: Call, plans: readonly Plan[], from: number): TraceSpan[] {
  const whole = { plan: -1, step: -1, lane: -1, startMs: call.startMs - from, endMs: call.endMs - from }
  const inner = call.plans.flatMap(({ plan, spans, startMs, endMs, totalMs }) => {
    const begun = startMs - from + Math.max(0, (endMs - startMs - totalMs) / 2)
    return spans.map((s: Span): TraceSpan => ({
      ...s,
      plan: plans.indexOf(plan),
      startMs: begun + s.startMs,
      endMs: begun + s.endMs,
    }))
  })
  return [whole, ...inner]
}
