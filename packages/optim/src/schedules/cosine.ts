import type { Arithmetic } from './arithmetic.ts'
import { schedule, type Schedule } from './schedule.ts'

/** From `from` at share 0 to `to` at share 1 along half a cosine. */
const wave = <T>(m: Arithmetic<T>, share: T, from: number, to: number): T =>
  m.add(m.mul(m.add(m.cos(m.mul(share, Math.PI)), 1), (from - to) / 2), to)

/** From `value` to `end` along half a cosine over `steps`, then `end`. @see https://arxiv.org/abs/1608.03983 */
export const cosine = (
  value: number,
  { steps, end = 0 }: { readonly steps: number; readonly end?: number },
): Schedule => schedule((m, k) => wave(m, m.div(m.min(k, steps), steps), value, end))

/** The cosine again and again, over `period` steps, then `multiplier` times as many each time.
 * @see https://arxiv.org/abs/1608.03983 */
export const warmRestarts = (
  value: number,
  { period, multiplier = 1, end = 0 }: { readonly period: number; readonly multiplier?: number; readonly end?: number },
): Schedule =>
  schedule((m, k) => {
    // Half a step more than k, so that rounding never moves a restart.
    const periods = m.div(m.add(k, 0.5), period)
    if (multiplier === 1) return wave(m, m.sub(m.div(k, period), m.floor(periods)), value, end)
    const cycle = m.floor(m.div(m.log(m.add(m.mul(periods, multiplier - 1), 1)), Math.log(multiplier)))
    const scale = m.pow(multiplier, cycle)
    const start = m.mul(m.sub(scale, 1), period / (multiplier - 1))
    return wave(m, m.div(m.sub(k, start), m.mul(scale, period)), value, end)
  })

export interface OneCycleOptions {
  readonly peak: number
  /** All steps of the run. */
  readonly steps: number
  /** The share of steps that rises. */
  readonly warmup?: number
  /** The first value is peak / startFactor, the last one peak / startFactor / endFactor. */
  readonly startFactor?: number
  readonly endFactor?: number
}

/** Up to `peak` and down again along two half cosines. @see https://arxiv.org/abs/1708.07120 */
export const oneCycle = ({
  peak,
  steps,
  warmup = 0.3,
  startFactor = 25,
  endFactor = 1e4,
}: OneCycleOptions): Schedule => {
  const top = warmup * steps - 1
  const last = steps - 1
  const start = peak / startFactor
  return schedule((m, k) =>
    m.ifLess(
      k,
      top,
      wave(m, m.div(k, top), start, peak),
      wave(m, m.div(m.sub(m.min(k, last), top), last - top), peak, start / endFactor),
    ),
  )
}
