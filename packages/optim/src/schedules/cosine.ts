import { settings } from '../settings.ts'
import type { Arithmetic } from './arithmetic.ts'
import { given, schedule, type Schedule } from './schedule.ts'

/** From `from` at share 0 to `to` at share 1 along half a cosine. */
const wave = <T>(m: Arithmetic<T>, share: T, from: number, to: number): T =>
  m.add(m.mul(m.add(m.cos(m.mul(share, Math.PI)), 1), (from - to) / 2), to)

export interface CosineOptions {
  readonly steps: number
  readonly end?: number
}

/** From `value` to `end` along half a cosine over `steps`, then `end`.
 * @throws NameError, SettingError for settings; `steps` is above 0 @see https://arxiv.org/abs/1608.03983 */
export function cosine(value: number, options: CosineOptions): Schedule {
  const { steps, end } = given<CosineOptions>('cosine', value, { steps: undefined, end: 0 }, options)
  return schedule((m, k) => wave(m, m.div(m.min(k, steps), steps), value, end))
}

export interface RestartOptions {
  /** The steps of the first cycle, a whole number. */
  readonly period: number
  /** By how much each cycle is longer than the one before, 1 or from 1.01 on; cycles are rounded to whole steps. */
  readonly multiplier?: number
  readonly end?: number
}

/** Steps are counted in int32. */
const LAST_STEP = 2 ** 31 - 1
/** Where cycles start and how long they are, up to the last step that can be counted. */
function cyclesOf(period: number, multiplier: number): { readonly starts: number[]; readonly lengths: number[] } {
  const starts: number[] = []
  const lengths: number[] = []
  let start = 0
  for (let exact = period; start <= LAST_STEP; exact *= multiplier) {
    const length = Math.min(Math.round(exact), LAST_STEP)
    starts.push(start)
    lengths.push(length)
    start += length
  }
  return { starts, lengths }
}

/** The cosine again and again, over `period` steps, then `multiplier` times as many each time. Exact for every step
 * that int32 counts: a cycle's start is looked up, and subtracted from a step that is a whole number.
 * @throws NameError, SettingError for settings @see https://arxiv.org/abs/1608.03983 */
export function warmRestarts(value: number, options: RestartOptions): Schedule {
  const { period, multiplier, end } = given<RestartOptions>(
    'warmRestarts',
    value,
    { period: undefined, multiplier: 1, end: 0 },
    options,
    { multiplier: `a number in [${[1, undefined].includes(options?.multiplier) ? 1 : 1.01}, Infinity)` },
  )
  if (multiplier === 1) return schedule((m, k) => wave(m, m.div(m.mod(k, period), period), value, end))
  const { starts, lengths } = cyclesOf(period, multiplier)
  return schedule((m, k) =>
    wave(m, m.div(m.sub(k, m.lookup(k, starts, starts)), m.lookup(k, starts, lengths)), value, end),
  )
}

export interface OneCycleOptions {
  readonly peak: number
  /** All steps of the run. */
  readonly steps: number
  /** The share of steps that rises; with 1 the last step is at the peak. */
  readonly warmup?: number
  /** The first value is peak / startFactor, the last one peak / startFactor / endFactor. */
  readonly startFactor?: number
  readonly endFactor?: number
}

/** Up to `peak` and down again along two half cosines.
 * @throws NameError, SettingError for settings @see https://arxiv.org/abs/1708.07120 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const { peak, steps, warmup, startFactor, endFactor } = settings<Required<OneCycleOptions>>(
    'oneCycle',
    { peak: undefined, steps: undefined, warmup: 0.3, startFactor: 25, endFactor: 1e4 },
    options,
  )
  const top = warmup * steps - 1
  const last = steps - 1
  const start = peak / startFactor
  return schedule((m, k) => {
    const fall = last > top ? wave(m, m.div(m.sub(m.min(k, last), top), last - top), peak, start / endFactor) : peak
    return m.ifLess(k, top, wave(m, m.div(k, top), start, peak), fall)
  })
}
