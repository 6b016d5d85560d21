import { chain } from '../chain.ts'
import type { Optimizer } from '../optimizer.ts'
import { addDecayedWeights } from '../transformations/addDecayedWeights.ts'
import { scaleByMomentum } from '../transformations/momentum.ts'
import { scaleByLearningRate, type LearningRate } from '../transformations/scaleByLearningRate.ts'
import { scaleByRms, type RmsOptions } from '../transformations/scaleByRms.ts'

export interface RmspropOptions extends RmsOptions {
  readonly learningRate?: LearningRate
  readonly momentum?: number
  readonly weightDecay?: number
}

/** RMSprop, {@link scaleByRms}, with momentum on the scaled gradient and L2 `weightDecay`, as PyTorch. */
export const rmsprop = ({
  learningRate = 1e-2,
  momentum = 0,
  weightDecay = 0,
  ...rms
}: RmspropOptions = {}): Optimizer =>
  chain(
    addDecayedWeights(weightDecay),
    scaleByRms(rms),
    ...(momentum ? [scaleByMomentum({ momentum })] : []),
    scaleByLearningRate(learningRate),
  )
