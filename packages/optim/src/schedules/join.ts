import { linear } from './decay.ts'
import { schedule, type Schedule } from './schedule.ts'

/** One schedule after another: each counts from 0 when it starts, at the step of `boundaries` before it.
 * @example join([linear({ from: 0, to: 0.1, steps: 100 }), cosine(0.1, { steps: 900 })], [100]) */
export function join(schedules: readonly Schedule[], boundaries: readonly number[]): Schedule {
  if (
    !schedules.length ||
    boundaries.length !== schedules.length - 1 ||
    boundaries.some((b, i) => i > 0 && b <= boundaries[i - 1])
  ) {
    throw new RangeError(
      `join: rising boundaries between schedules required, got ${schedules.length} schedules and ` +
        `[${boundaries.join(', ')}]`,
    )
  }
  return schedule((m, k) =>
    schedules
      .slice(1)
      .reduce(
        (value, s, i) => m.ifLess(k, boundaries[i], value, s.formula(m, m.max(m.sub(k, boundaries[i]), 0))),
        schedules[0].formula(m, k),
      ),
  )
}

/** Rises in equal steps from 0 to what `then` starts with, over `steps`, and goes on with it. */
export const warmup = (steps: number, then: Schedule): Schedule =>
  join([linear({ from: 0, to: then.valueAt(0), steps }), then], [steps])
