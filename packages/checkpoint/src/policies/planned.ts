import { type Choices, type Policy, SettingError, type Stage } from '@gradloom/core'

/** A policy that decides on all values together; those of one key are one. */
export function planning(key: string, plan: (stage: Stage) => Choices): Policy {
  const alone: Policy = () => {
    throw new SettingError(`${key}: it decides on all values of a program together; give it to compile or checkpoint`)
  }
  return Object.assign(alone, { key: `gradloom/${key}`, plan })
}
