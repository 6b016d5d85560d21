import type { Plan } from '@gradloom/core'
import { demand } from '@gradloom/core/extend'

const hasLists = (value: unknown, ...names: readonly string[]): boolean =>
  names.every((name) => Array.isArray((Object(value) as Record<string, unknown>)[name]))

/** @throws SettingError for what is no plan, such as the step that has one */
export const checkPlan = (owner: string, plan: Plan): void =>
  demand(hasLists(plan, 'steps', 'buffers', 'inputs', 'outputs'), owner, 'a plan, await step.plan(feeds),', plan)

/** @throws SettingError for what is no explanation, such as the plan that it is of */
export const checkExplanation = (owner: string, explanation: unknown): void =>
  demand(hasLists(explanation, 'steps', 'edges'), owner, 'an explanation, explain(plan),', explanation)

/** @throws SettingError for what is no profile */
export const checkProfile = (owner: string, profile: unknown): void =>
  demand(hasLists(profile, 'steps', 'spans'), owner, 'a profile, await profile(step, feeds),', profile)
