import { chain } from '../chain.ts'
import type { Optimizer } from '../optimizer.ts'
import { addDecayedWeights } from '../transformations/addDecayedWeights.ts'
import { scaleByLearningRate, type LearningRate } from '../transformations/scaleByLearningRate.ts'
import { scaleByLion } from '../transformations/scaleByLion.ts'

export interface LionOptions {
  readonly learningRate?: LearningRate
  readonly beta1?: number
  readonly beta2?: number
  readonly weightDecay?: number
}

/** Lion: the sign of an average gradient, with decoupled `weightDecay`, {@link scaleByLion}. */
export const lion = ({ learningRate = 1e-4, weightDecay = 0, ...betas }: LionOptions = {}): Optimizer =>
  chain(scaleByLion(betas), addDecayedWeights(weightDecay), scaleByLearningRate(learningRate))
