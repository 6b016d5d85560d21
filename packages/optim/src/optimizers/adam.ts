import { chain } from '../chain.ts'
import type { Optimizer } from '../optimizer.ts'
import { addDecayedWeights } from '../transformations/addDecayedWeights.ts'
import { scaleByAdam, type AdamMoments } from '../transformations/scaleByAdam.ts'
import { scaleByLearningRate, type LearningRate } from '../transformations/scaleByLearningRate.ts'

export interface AdamOptions extends AdamMoments {
  readonly learningRate?: LearningRate
  readonly weightDecay?: number
  /** Divides by the largest second moment so far. @see https://arxiv.org/abs/1904.09237 */
  readonly amsgrad?: boolean
}

/** Adam, {@link scaleByAdam}, with L2 `weightDecay` on the gradient. @see https://arxiv.org/abs/1412.6980
 * @example const train = adam({ learningRate: 1e-3 }).minimize(loss, ctx.variables()) */
export const adam = ({ learningRate = 1e-3, weightDecay = 0, ...moments }: AdamOptions = {}): Optimizer =>
  chain(addDecayedWeights(weightDecay), scaleByAdam(moments), scaleByLearningRate(learningRate))

/** Adam with decoupled `weightDecay`: p - learningRate (step + weightDecay p). @see https://arxiv.org/abs/1711.05101 */
export const adamw = ({ learningRate = 1e-3, weightDecay = 1e-2, ...moments }: AdamOptions = {}): Optimizer =>
  chain(scaleByAdam(moments), addDecayedWeights(weightDecay), scaleByLearningRate(learningRate))
