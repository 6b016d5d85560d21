import { chain } from '../chain.ts'
import type { Optimizer } from '../optimizer.ts'
import { addDecayedWeights } from '../transformations/addDecayedWeights.ts'
import { scaleByAdam, type AdamMoments } from '../transformations/scaleByAdam.ts'
import { scaleByLearningRate, type LearningRate } from '../transformations/scaleByLearningRate.ts'
import { scaleByTrustRatio } from '../transformations/scaleByTrustRatio.ts'

/** Adam with decoupled `weightDecay`, each parameter's step scaled to its norm. @see https://arxiv.org/abs/1904.00962
 * */
export const lamb = ({
  learningRate = 1e-3,
  weightDecay = 0,
  eps = 1e-6,
  ...betas
}: AdamMoments & { readonly learningRate?: LearningRate; readonly weightDecay?: number } = {}): Optimizer =>
  chain(
    scaleByAdam({ ...betas, eps }),
    addDecayedWeights(weightDecay),
    scaleByTrustRatio(),
    scaleByLearningRate(learningRate),
  )
