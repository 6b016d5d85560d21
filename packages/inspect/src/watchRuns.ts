/// <reference lib="dom" preserve="true" />
import { BackendError, type Executable, type NestedTime, type Plan, type Span } from '@gradloom/core'
import { ambient, type Runs } from '@gradloom/core/extend'

/** A plan that a backend ran and timed. */
export interface TimedPlan {
  readonly plan: Plan
  readonly backend: string
  /** On the caller's clock, from the call to its result. */
  readonly startMs: number
  readonly endMs: number
  /** Of the backend's work, on its own clock, as that of the spans. */
  readonly totalMs: number
  readonly spans: readonly Span[]
  readonly nested: readonly NestedTime[]
}

type Handler = NonNullable<typeof ambient.onRun> & { readonly isTiming?: true }

/** Runs `body`, and times all plans that run until it has ended. @throws BackendError for a backend that cannot, and
 * while others are timed */
export async function timedPlans(body: () => Promise<unknown>): Promise<TimedPlan[]> {
  const plans: TimedPlan[] = []
  const before: Handler | null = ambient.onRun
  if (before?.isTiming) throw new BackendError('profile: one profile at a time required; await the other first')
  const time: Handler = async (part, inputs, keep) => {
    const { executable, backend } = part
    if (!executable.profile)
      throw new BackendError(
        `profile: a backend that can time steps required, got ${backend.name}; see Executable.profile of ` +
          `@gradloom/core`,
      )
    const timed = timing(part, plans)
    // What watched runs before watches these too.
    return before ? before({ ...part, executable: timed }, inputs, keep) : timed.run(inputs, keep)
  }
  ambient.onRun = Object.assign(time, { isTiming: true as const })
  try {
    await body()
    return plans
  } finally {
    ambient.onRun = before
  }
}

/** The executable of a plan, each of whose runs is timed and put down. */
function timing({ plan, executable, backend }: Runs, plans: TimedPlan[]): Executable {
  const profile: Executable['profile'] = async (inputs, keep) => {
    const startMs = performance.now()
    const profiled = await executable.profile!(inputs, keep)
    const { spans, totalMs, nested = [] } = profiled
    plans.push({ plan, backend: backend.name, startMs, endMs: performance.now(), totalMs, spans, nested })
    return profiled
  }
  return {
    byteLength: executable.byteLength,
    profile,
    run: async (inputs, keep) => (await profile(inputs, keep)).values,
    dispose: () => executable.dispose(),
  }
}
