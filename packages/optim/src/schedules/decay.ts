import { schedule, type Schedule } from './schedule.ts'

/** `value` at every step. */
export const constant = (value: number): Schedule => schedule(() => value)

/** From `from` to `to` in equal differences over `steps`, then `to`. */
export const linear = ({
  from,
  to,
  steps,
}: {
  readonly from: number
  readonly to: number
  readonly steps: number
}): Schedule => schedule((m, k) => m.add(m.mul(m.div(m.min(k, steps), steps), to - from), from))

/** `value` times `factor` after each `every` steps. */
export const stepDecay = (
  value: number,
  { every, factor = 0.1 }: { readonly every: number; readonly factor?: number },
): Schedule => schedule((m, k) => m.mul(m.pow(factor, m.floor(m.div(k, every))), value))

/** `value` times `factor` after each step. */
export const exponential = (value: number, { factor }: { readonly factor: number }): Schedule =>
  schedule((m, k) => m.mul(m.pow(factor, k), value))

/** end + (value - end) (1 - k / steps)^power, then `end`. */
export const polynomial = (
  value: number,
  { steps, power = 1, end = 0 }: { readonly steps: number; readonly power?: number; readonly end?: number },
): Schedule => schedule((m, k) => m.add(m.mul(m.pow(m.sub(1, m.div(m.min(k, steps), steps)), power), value - end), end))
