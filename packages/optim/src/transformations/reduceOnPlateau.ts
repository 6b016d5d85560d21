import {
  add,
  cast,
  div,
  equal,
  full,
  GradError,
  greater,
  less,
  logicalAnd,
  maximum,
  mul,
  sub,
  where,
  type Tensor,
} from '@gradloom/core'
import type { Transformation } from '../transformation.ts'

export interface PlateauOptions {
  readonly factor?: number
  /** How many measurements in a row may fail to improve. */
  readonly patience?: number
  /** What counts as better: below best (1 - threshold). */
  readonly threshold?: number
  /** Measurements after a reduction that do not count. */
  readonly cooldown?: number
  /** The updates' scale stays above this. */
  readonly minimum?: number
  /** A measurement is the mean loss of so many steps. */
  readonly interval?: number
}

/** Multiplies updates by a scale that starts at 1 and shrinks by `factor` when the loss stops falling, counted as
 * PyTorch's ReduceLROnPlateau counts; put it last in a chain. Reports `plateauScale`. */
export const reduceOnPlateau = (options: PlateauOptions = {}): Transformation => ({
  update(updates, context) {
    const { factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, minimum = 0, interval = 1 } = options
    if (!context.loss) throw new GradError('reduceOnPlateau: the loss is required; give it to the step')
    const { dtype } = context.loss
    const number = (name: string, initial: number): ReturnType<typeof context.state> =>
      context.state(`plateau/${name}`, full([], initial, { dtype }))
    const scale = number('scale', 1)
    const best = number('best', Infinity)
    const bad = number('bad', 0)
    const cooling = number('cooling', 0)
    const sum = number('sum', 0)
    const count = number('count', 0)

    const total = add(sum.value, context.loss)
    const steps = add(count.value, 1)
    const measured = equal(steps, interval)
    const when = (next: Tensor, old: Tensor): Tensor => where(measured, next, old)
    const mean = div(total, interval)
    const better = less(mean, mul(best.value, 1 - threshold))
    const isCooling = greater(cooling.value, 0)
    const failures = where(isCooling, 0, where(better, 0, add(bad.value, 1)))
    const reduces = greater(failures, patience)
    sum.set(where(measured, 0, total))
    count.set(where(measured, 0, steps))
    best.set(where(logicalAnd(measured, better), mean, best.value))
    bad.set(when(where(reduces, 0, failures), bad.value))
    cooling.set(when(where(reduces, cooldown, maximum(sub(cooling.value, 1), 0)), cooling.value))
    scale.set(when(where(reduces, maximum(mul(scale.value, factor), minimum), scale.value), scale.value))
    context.report('plateauScale', scale.value)
    return updates.map((u) => mul(u, cast(scale.value, u.dtype)))
  },
})
