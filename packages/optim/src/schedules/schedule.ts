import { asTensor, cast, full, isFloat, type Tensor } from '@gradloom/core'
import { checked, settings } from '../settings.ts'
import { onNumbers, onTensors, type Arithmetic } from './arithmetic.ts'

/** A value as a formula of the step, k = 0 for the first. */
export type Formula = <T>(m: Arithmetic<T>, k: T) => T | number

/** A value that depends on the step: for plans as a function of a step tensor, so that nothing is compiled twice, and
 * for hosts as a function of a number. */
export interface Schedule {
  /** The value at a scalar step: of its dtype, and for whole numbers float32. These stay int32 in what compares and
   * subtracts them, so that a step of 20 million is not taken for its neighbour, as in float32. */
  at(step: Tensor): Tensor
  valueAt(step: number): number
  readonly formula: Formula
}

/** A schedule of your own. @throws SettingError for what is no function
 * @example const inverse = schedule((m, k) => m.div(0.1, m.add(k, 1))) */
export function schedule(formula: Formula): Schedule {
  checked('schedule', { formula })
  return Object.freeze<Schedule>({
    formula,
    at(step) {
      const given = asTensor(step)
      const isExact = !isFloat(given.dtype)
      const dtype = isExact ? 'float32' : given.dtype
      const value = formula(onTensors(dtype), isExact ? cast(given, 'int32') : given)
      return typeof value === 'number' ? full([], value, { dtype }) : cast(value, dtype)
    },
    valueAt(step) {
      checked('valueAt', { value: step })
      return formula(onNumbers, step)
    },
  })
}

/** Settings of a schedule beside its value. @throws NameError, SettingError */
export const given = <T extends object>(
  owner: string,
  value: number,
  defaults: { readonly [K in keyof Required<T>]: Required<T>[K] | undefined },
  options: T,
  rules?: { readonly [name: string]: string },
): Required<T> => {
  checked(owner, { value })
  return settings<Required<T>>(owner, defaults, options, rules)
}
