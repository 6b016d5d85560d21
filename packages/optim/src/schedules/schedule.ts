import { cast, full, toFloat, type Tensor } from '@gradloom/core'
import { onNumbers, onTensors, type Arithmetic } from './arithmetic.ts'

/** A value as a formula of the step, k = 0 for the first. */
export type Formula = <T>(m: Arithmetic<T>, k: T) => T | number

/** A value that depends on the step: for plans as a function of a step tensor, so that nothing is compiled twice, and
 * for hosts as a function of a number. */
export interface Schedule {
  /** The value at a scalar step, in its dtype (float32 for integers). */
  at(step: Tensor): Tensor
  valueAt(step: number): number
  readonly formula: Formula
}

/** A schedule of your own.
 * @example const inverse = schedule((m, k) => m.div(0.1, m.add(k, 1))) */
export const schedule = (formula: Formula): Schedule =>
  Object.freeze<Schedule>({
    formula,
    at(step) {
      const dtype = toFloat(step.dtype)
      const value = formula(onTensors(dtype), cast(step, dtype))
      return typeof value === 'number' ? full([], value, { dtype }) : value
    },
    valueAt: (step) => formula(onNumbers, step),
  })
