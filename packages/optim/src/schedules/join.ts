import { SettingError } from '@gradloom/core'
import { checked } from '../settings.ts'
import { linear } from './decay.ts'
import { schedule, type Schedule } from './schedule.ts'

/** One schedule after another: each counts from 0 when it starts, at the step of `boundaries` before it.
 * @throws SettingError where boundaries do not rise, or are not one less than schedules
 * @example join([linear({ from: 0, to: 0.1, steps: 100 }), cosine(0.1, { steps: 900 })], [100]) */
export function join(schedules: readonly Schedule[], boundaries: readonly number[]): Schedule {
  const areLists = Array.isArray(schedules) && Array.isArray(boundaries)
  if (areLists) for (const steps of boundaries) checked('join', { steps })
  const isRising = areLists && boundaries.every((b, i) => i === 0 || b > boundaries[i - 1])
  if (!isRising || boundaries.length !== schedules.length - 1)
    throw new SettingError('join: schedules and rising steps between them required; write join([first, then], [100])')
  for (const one of schedules) checked('join', { schedule: one })
  return schedule((m, k) =>
    schedules
      .slice(1)
      .reduce(
        (value, s, i) => m.ifLess(k, boundaries[i], value, s.formula(m, m.max(m.sub(k, boundaries[i]), 0))),
        schedules[0].formula(m, k),
      ),
  )
}

/** Rises in equal steps from 0 to what `then` starts with, over `steps`, and goes on with it.
 * @throws SettingError where `steps` is not above 0 */
export function warmup(steps: number, then: Schedule): Schedule {
  checked('warmup', { steps, schedule: then })
  return join([linear({ from: 0, to: then.valueAt(0), steps }), then], [steps])
}
