import { chain } from '../chain.ts'
import type { Optimizer } from '../optimizer.ts'
import { addDecayedWeights } from '../transformations/addDecayedWeights.ts'
import type { AdamMoments } from '../transformations/scaleByAdam.ts'
import { scaleByAdamax } from '../transformations/scaleByAdamax.ts'
import { scaleByLearningRate, type LearningRate } from '../transformations/scaleByLearningRate.ts'
import { scaleByNadam } from '../transformations/scaleByNadam.ts'
import { scaleByRadam } from '../transformations/scaleByRadam.ts'

export interface AdamFamilyOptions extends AdamMoments {
  readonly learningRate?: LearningRate
  /** L2 regularisation: added to the gradient. */
  readonly weightDecay?: number
}

/** Adam with an infinity norm in place of the second moment, {@link scaleByAdamax}. */
export const adamax = ({ learningRate = 2e-3, weightDecay = 0, ...moments }: AdamFamilyOptions = {}): Optimizer =>
  chain(addDecayedWeights(weightDecay), scaleByAdamax(moments), scaleByLearningRate(learningRate))

/** Adam with Nesterov momentum, {@link scaleByNadam}. */
export const nadam = ({
  learningRate = 2e-3,
  weightDecay = 0,
  ...moments
}: AdamFamilyOptions & { readonly momentumDecay?: number } = {}): Optimizer =>
  chain(addDecayedWeights(weightDecay), scaleByNadam(moments), scaleByLearningRate(learningRate))

/** Adam with a rectified adaptive scale, {@link scaleByRadam}. */
export const radam = ({ learningRate = 1e-3, weightDecay = 0, ...moments }: AdamFamilyOptions = {}): Optimizer =>
  chain(addDecayedWeights(weightDecay), scaleByRadam(moments), scaleByLearningRate(learningRate))
