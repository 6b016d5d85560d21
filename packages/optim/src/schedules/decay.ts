import { checked, settings } from '../settings.ts'
import { given, schedule, type Schedule } from './schedule.ts'

/** `value` at every step. @throws SettingError for NaN and infinities */
export function constant(value: number): Schedule {
  checked('constant', { value })
  return schedule(() => value)
}

export interface LinearOptions {
  readonly from: number
  readonly to: number
  readonly steps: number
}

/** From `from` to `to` in equal differences over `steps`, then `to`.
 * @throws NameError, SettingError for settings; `steps` is above 0 */
export function linear(options: LinearOptions): Schedule {
  const { from, to, steps } = settings<LinearOptions>(
    'linear',
    { from: undefined, to: undefined, steps: undefined },
    options,
  )
  return schedule((m, k) => m.add(m.mul(m.div(m.min(k, steps), steps), to - from), from))
}

export interface StepDecayOptions {
  readonly every: number
  readonly factor?: number
}

/** `value` times `factor` after each `every` steps.
 * @throws NameError, SettingError for settings; `every` is above 0 */
export function stepDecay(value: number, options: StepDecayOptions): Schedule {
  const { every, factor } = given<StepDecayOptions>('stepDecay', value, { every: undefined, factor: 0.1 }, options)
  // floor(k / every), without a quotient that could be rounded up to a whole number.
  return schedule((m, k) => m.mul(m.pow(factor, m.div(m.sub(k, m.mod(k, every)), every)), value))
}

export interface ExponentialOptions {
  readonly factor: number
}

/** `value` times `factor` after each step. @throws NameError, SettingError for settings */
export function exponential(value: number, options: ExponentialOptions): Schedule {
  const { factor } = given<ExponentialOptions>('exponential', value, { factor: undefined }, options)
  return schedule((m, k) => m.mul(m.pow(factor, k), value))
}

export interface PolynomialOptions {
  readonly steps: number
  readonly power?: number
  readonly end?: number
}

/** end + (value - end) (1 - k / steps)^power, then `end`.
 * @throws NameError, SettingError for settings; `steps` is above 0 */
export function polynomial(value: number, options: PolynomialOptions): Schedule {
  const { steps, power, end } = given<PolynomialOptions>(
    'polynomial',
    value,
    { steps: undefined, power: 1, end: 0 },
    options,
  )
  // (steps - k) / steps: what is left is exact also where it is little.
  return schedule((m, k) => m.add(m.mul(m.pow(m.div(m.sub(steps, m.min(k, steps)), steps), power), value - end), end))
}
