import { cast, mul, neg, Tensor, tensor, type Tree } from '@gradloom/core'
import type { Schedule } from '../schedules/schedule.ts'
import { checked } from '../settings.ts'
import { mapTensors, tensorsOf, type Tensors, type TensorTree } from '../tensors.ts'
import { counted, counter, type Transformation, type Updated } from '../transformation.ts'

/** A step size: a number (kept in the state `learningRate`, where it can be changed), a scalar tensor such as a feed,
 * or a schedule of the step. Changing it compiles nothing. */
export type LearningRate = number | Tensor | Schedule

/** Gradients times -rate: the descent. Reports `learningRate`.
 * @throws SettingError for a negative rate, NaN, an infinity, a tensor that is no float scalar */
export function scaleByLearningRate(rate: LearningRate): Transformation {
  checked('scaleByLearningRate', { learningRate: rate })
  const scaled = <S extends TensorTree>(gradients: Tree, learningRate: Tensor, state: S): Updated<S> => {
    const down = neg(learningRate)
    return { updates: mapTensors((g) => mul(g, cast(down, g.dtype)), gradients), state, reports: { learningRate } }
  }
  if (rate instanceof Tensor) return { init: () => null, update: (gradients, state) => scaled(gradients, rate, state) }
  if (typeof rate === 'number')
    return {
      init: (params) => ({ learningRate: tensor(rate, { dtype: tensorsOf(params)[0].dtype }) }),
      update: (gradients, state) => scaled(gradients, (state as Tensors).learningRate, state),
    }
  return {
    init: (_, step = counter()) => ({ step }),
    update(gradients, state, { params }) {
      const { step } = state as Tensors
      const isDouble = tensorsOf(params)[0].dtype === 'float64'
      return scaled(gradients, rate.at(isDouble ? cast(step, 'float64') : step), { step: counted(step) })
    },
  }
}
