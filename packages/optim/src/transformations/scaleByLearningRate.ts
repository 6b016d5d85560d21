import { cast, mul, neg, sub, Tensor, tensor } from '@gradloom/core'
import type { Schedule } from '../schedules/schedule.ts'
import { stepAs } from '../scalars.ts'
import type { Context, Transformation } from '../transformation.ts'

/** A step size: a number (kept in the state `learningRate`, where it can be changed), a scalar tensor such as a feed,
 * or a schedule of the step. Changing it compiles nothing. */
export type LearningRate = number | Tensor | Schedule

function current(rate: LearningRate, context: Context): Tensor {
  if (rate instanceof Tensor) return rate
  const [like] = context.params
  return typeof rate === 'number'
    ? context.state('learningRate', tensor(rate, { dtype: like.dtype })).value
    : rate.at(sub(stepAs(context, like), 1))
}

/** Gradients times -rate: the descent. Reports `learningRate`. */
export const scaleByLearningRate = (rate: LearningRate): Transformation => ({
  update: (gradients, context) => {
    const now = current(rate, context)
    const down = neg(now)
    context.report('learningRate', now)
    return gradients.map((g) => mul(g, cast(down, g.dtype)))
  },
})
