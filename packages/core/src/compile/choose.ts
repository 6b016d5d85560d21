import { NameError, SettingError } from '../errors.ts'
import type { Choice, Packing, Policy, Choices, Residual, Stage } from '../graph/policy.ts'
import type { Tensor } from '../graph/tensor.ts'
import { present, shown } from '../settings.ts'

const CHOICES: readonly unknown[] = ['mustSave', 'preferSave', 'preferRecompute', 'mustRecompute'] satisfies Choice[]

/** What a policy says of values: how often each is computed again, and whether that binds. */
export interface Decisions {
  readonly depths: Map<Tensor, number | Packing>
  readonly bound: Set<Tensor>
}

/** Asks a policy. @throws SettingError where it throws, or answers what is no choice */
export function decide(policy: Policy, stage: Stage): Decisions {
  const depths = new Map<Tensor, number | Packing>()
  const bound = new Set<Tensor>()
  if (policy.plan) {
    const { values } = stage
    const peakOf = (planned: Choices): number => {
      checkPlan(planned, values)
      return stage.peakOf(planned)
    }
    const planned = ask(() => policy.plan!({ values, peakOf }))
    checkPlan(planned, values)
    for (const [t, times] of planned) depths.set(t, times)
    return { depths, bound: new Set(depths.keys()) }
  }
  for (const value of stage.values) {
    const { tensor, isRead } = value
    const choice = ask(() => policy(value))
    if (!CHOICES.includes(choice)) refuse(`one of ${CHOICES.join(', ')} required of a policy, got ${shown(choice)}`)
    // What nothing reads has nothing to be kept for, unless it must.
    if (!isRead && choice !== 'mustSave') continue
    depths.set(tensor, choice.endsWith('Save') ? 0 : 1)
    if (choice.startsWith('must')) bound.add(tensor)
  }
  return { depths, bound }
}

/** Calls what a policy brought. @throws SettingError for whatever it throws */
export function ask<T>(question: () => T): T {
  try {
    return present('rematerialise', question())
  } catch (error) {
    if (error instanceof SettingError || error instanceof NameError) throw error
    const what = error instanceof Error ? error.message : shown(error)
    throw new SettingError(`rematerialise: the policy threw ${what}; mend the policy`, { cause: error })
  }
}

function checkPlan(planned: Choices, values: readonly Residual[]): void {
  if (!(planned instanceof Map)) refuse(`a map required of a policy's plan, got ${shown(planned)}`)
  const known = new Set(values.map((v) => v.tensor))
  for (const [t, times] of planned) {
    if (!known.has(t)) refuse(`only values that it was given can be planned, got ${shown(t)}`)
    const { pack, unpack } = Object(times) as Partial<Packing>
    const isPacking = typeof pack === 'function' && typeof unpack === 'function'
    if (!isPacking && !(Number.isInteger(times) && (times as number) >= 0))
      refuse(`a whole number of recomputations, or pack and unpack, required, got ${shown(times)}`)
  }
}

function refuse(message: string): never {
  throw new SettingError(`rematerialise: ${message}`)
}
