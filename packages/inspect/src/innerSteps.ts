import type { Plan } from '@gradloom/core'
import { nestedOf } from '@gradloom/core/extend'
import { factsOf, type StepFacts } from './facts.ts'

/** A step of a plan within a step, and the time that it takes a call, all positions of a scan together: a part of the
 * time of the step around it. */
export interface InnerStep extends StepFacts {
  /** Which of the plans that the step around it runs: a scan has one, a branch two. */
  readonly plan: number
  readonly ms: number
  /** Of the time of a call. */
  readonly share: number
  readonly inner: readonly InnerStep[]
}

/** Milliseconds of a call, by the path of a step; see NestedTime of core. */
export type TimesByPath = ReadonlyMap<string, number>

/** What took time within the step at the end of `path`, which is of `plan`.
 * @param callMs the time of a call */
export function innerSteps(plan: Plan, path: readonly number[], times: TimesByPath, callMs: number): InnerStep[] {
  return nestedOf(plan.steps[path[path.length - 1]]).flatMap(({ plan: within }, which) =>
    within.steps.flatMap((_, i): InnerStep[] => {
      const own = [...path, which, i]
      const ms = times.get(String(own))
      if (ms === undefined) return []
      const inner = innerSteps(within, own, times, callMs)
      return [{ ...factsOf(within, i), plan: which, ms, share: ms / callMs, inner }]
    }),
  )
}
