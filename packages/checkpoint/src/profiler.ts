import { BackendError, type Executable, type Plan, type Runtime, SettingError } from '@gradloom/core'
import { accessOf, ambient, nestedOf, type Runs } from '@gradloom/core/extend'
import { flopsOf } from '@gradloom/inspect'
import { isAgain } from './again.ts'

/** What recomputation saved, and took, of the runs of a runtime while they were tracked. Nothing is counted before. */
export interface CheckpointProfiler {
  /** Begins to count runs. A backend that can time steps is asked to, which makes runs a little slower. */
  startTracking(): void
  /** Goes on without counting; what was counted stays. */
  stopTracking(): void
  /** Forgets what was counted. */
  resetStatistics(): void
  /** Bytes of the arena of the largest plan, had it computed nothing again: of all plans that ran. */
  plainPeak(): number
  /** Bytes of the arena of the largest plan that ran. */
  peak(): number
  /** `plainPeak() - peak()`: 0 where nothing is computed again. */
  memorySaved(): number
  /** Values that plans which ran compute again, each plan once. */
  checkpointCount(): number
  /** Kernels that computed something again, in all runs. */
  recomputedOps(): number
  /** Scalar operations of these kernels. */
  recomputedFlops(): number
  /** Milliseconds that these kernels took, as far as backends can time them: those within loops and branches too. */
  recomputeTime(): number
}

type Handler = NonNullable<typeof ambient.onRun>

type Step = Plan['steps'][number]

/** Whether the step at the end of a path computes something again, and none around it does, of whose time it is. */
function isAgainWithin({ steps }: Plan, [at, which, ...rest]: readonly number[]): boolean {
  const step = steps[at]
  if (which === undefined) return isAgain(step)
  return !isAgain(step) && isAgainWithin(nestedOf(step)[which].plan, rest)
}

/** The steps of a plan, and of plans within it, that compute something again, and how often a run of it does. Of
 * branches, those of all. */
const stepsAgain = ({ steps }: Plan, times = 1): { readonly step: Step; readonly times: number }[] =>
  steps.flatMap((step) => {
    if (isAgain(step)) return [{ step, times }]
    const inner = step.type === 'scan' ? times * step.length : times
    return nestedOf(step).flatMap(({ plan }) => stepsAgain(plan, inner))
  })

/** @throws SettingError for what is no runtime
 * @example const profiler = createCheckpointProfiler(runtime); profiler.startTracking() */
export function createCheckpointProfiler(runtime: Runtime): CheckpointProfiler {
  const { backends } = (runtime as Partial<Runtime> | null) ?? {}
  if (!Array.isArray(backends))
    throw new SettingError(`createCheckpointProfiler: a runtime required, got ${typeof runtime}`)
  const plans = new Set<Plan>()
  let ops = 0
  let flops = 0
  let ms = 0
  /** The handler that was there before, while this one is. */
  let before: { readonly handler: Handler | null } | null = null

  const count = (plan: Plan): void => {
    plans.add(plan)
    for (const { step, times } of stepsAgain(plan)) {
      ops += times
      flops += times * (flopsOf(step) ?? 0)
    }
  }
  /** The executable of a plan, whose runs are counted, and timed where it can time them. */
  const counting = ({ plan, executable }: Runs): Executable => {
    const profile: Executable['profile'] = async (inputs, keep) => {
      const profiled = await executable.profile!(inputs, keep)
      count(plan)
      for (const { step, startMs, endMs, lane } of profiled.spans)
        if (lane === 0 && isAgain(plan.steps[step])) ms += endMs - startMs
      for (const { path, ms: took } of profiled.nested ?? []) if (isAgainWithin(plan, path)) ms += took
      return profiled
    }
    const { byteLength } = executable
    const dispose = (): void => executable.dispose()
    if (executable.profile)
      return { byteLength, dispose, profile, run: async (inputs, keep) => (await profile(inputs, keep)).values }
    const run: Executable['run'] = async (inputs, keep) => {
      const values = await executable.run(inputs, keep)
      count(plan)
      return values
    }
    return { byteLength, dispose, run }
  }
  const handler: Handler = (part, inputs, keep) => {
    const executable = backends.includes(part.backend) ? counting(part) : part.executable
    // What watched runs before runs what is counted here.
    const outer = before?.handler
    return outer ? outer({ ...part, executable }, inputs, keep) : executable.run(inputs, keep)
  }
  const largest = (bytesOf: (plan: Plan) => number): number => Math.max(0, ...[...plans].map(bytesOf))
  const profiler: CheckpointProfiler = {
    startTracking() {
      if (before) return
      before = { handler: ambient.onRun }
      ambient.onRun = handler
    },
    stopTracking() {
      if (!before) return
      if (ambient.onRun !== handler)
        throw new BackendError('stopTracking: another tool watches runs since; let that end first')
      ambient.onRun = before.handler
      before = null
    },
    resetStatistics() {
      plans.clear()
      ops = 0
      flops = 0
      ms = 0
    },
    plainPeak: () => largest((p) => p.plainArenaBytes ?? p.arenaBytes),
    peak: () => largest((p) => p.arenaBytes),
    memorySaved: () => profiler.plainPeak() - profiler.peak(),
    checkpointCount: () => [...plans].reduce((sum, plan) => sum + valuesAgain(plan), 0),
    recomputedOps: () => ops,
    recomputedFlops: () => flops,
    recomputeTime: () => ms,
  }
  return profiler
}

/** Values that a plan computes again: buffers that steps of this pass write. */
const valuesAgain = ({ steps }: Plan): number =>
  new Set(steps.filter(isAgain).flatMap((s) => accessOf(s).writes)).size +
  steps.flatMap(nestedOf).reduce((sum, { plan }) => sum + valuesAgain(plan), 0)
