import { SettingError, Tensor, type Plan } from '@gradloom/core'

const shown = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? 'an object'
    : typeof value === 'function'
      ? 'a function'
      : `${typeof value} ${String(value)}`

/** @throws SettingError for what is no whole number from `low` on */
export function checkCount(owner: string, name: string, value: unknown, low = 1): void {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < low)
    throw new SettingError(`${owner}: a whole number of at least ${low} required as ${name}, got ${shown(value)}`)
}

/** @throws SettingError for what is no number of bytes; infinity is one */
export function checkBytes(owner: string, name: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 0))
    throw new SettingError(`${owner}: a number of bytes, 0 or more, required as ${name}, got ${shown(value)}`)
}

/** @throws SettingError for what is no function */
export function checkFunction(owner: string, value: unknown): void {
  if (typeof value !== 'function') throw new SettingError(`${owner}: a function required, got ${shown(value)}`)
}

/** @throws SettingError for what is no tensor */
export function checkTensor(owner: string, value: unknown): asserts value is Tensor {
  if (!(value instanceof Tensor))
    throw new SettingError(`${owner}: a tensor required, got ${shown(value)}; make it one with tensor()`)
}

/** @throws SettingError for what is no plan, such as the step that has one */
export function checkPlan(owner: string, value: Plan): void {
  const { steps, buffers } = Object(value) as Partial<Plan>
  if (!Array.isArray(steps) || !Array.isArray(buffers))
    throw new SettingError(`${owner}: a plan, await step.plan(feeds), required, got ${shown(value)}`)
}
