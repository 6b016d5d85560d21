import { chain } from '../chain.ts'
import type { Optimizer } from '../optimizer.ts'
import { addDecayedWeights } from '../transformations/addDecayedWeights.ts'
import { scaleByMomentum, type MomentumOptions } from '../transformations/momentum.ts'
import { scaleByLearningRate, type LearningRate } from '../transformations/scaleByLearningRate.ts'

export interface SgdOptions extends Partial<MomentumOptions> {
  readonly learningRate: LearningRate
  readonly weightDecay?: number
}

/** Stochastic gradient descent, p - learningRate g, with PyTorch's momentum, dampening, Nesterov and L2 `weightDecay`.
 * */
export const sgd = ({ learningRate, momentum = 0, dampening, nesterov, weightDecay = 0 }: SgdOptions): Optimizer =>
  chain(
    addDecayedWeights(weightDecay),
    ...(momentum ? [scaleByMomentum({ momentum, dampening, nesterov })] : []),
    scaleByLearningRate(learningRate),
  )
