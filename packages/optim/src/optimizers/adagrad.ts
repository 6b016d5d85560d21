import { chain } from '../chain.ts'
import type { Optimizer } from '../optimizer.ts'
import { addDecayedWeights } from '../transformations/addDecayedWeights.ts'
import { scaleByAdadelta } from '../transformations/scaleByAdadelta.ts'
import { scaleByAdagrad } from '../transformations/scaleByAdagrad.ts'
import { scaleByLearningRate, type LearningRate } from '../transformations/scaleByLearningRate.ts'

interface Common {
  readonly learningRate?: LearningRate
  readonly eps?: number
  readonly weightDecay?: number
}

/** Adagrad, {@link scaleByAdagrad}, with L2 `weightDecay`. */
export const adagrad = ({
  learningRate = 1e-2,
  eps = 1e-10,
  initial = 0,
  weightDecay = 0,
}: Common & { readonly initial?: number } = {}): Optimizer =>
  chain(addDecayedWeights(weightDecay), scaleByAdagrad({ eps, initial }), scaleByLearningRate(learningRate))

/** Adadelta, {@link scaleByAdadelta}, with L2 `weightDecay`. */
export const adadelta = ({
  learningRate = 1,
  rho = 0.9,
  eps = 1e-6,
  weightDecay = 0,
}: Common & { readonly rho?: number } = {}): Optimizer =>
  chain(addDecayedWeights(weightDecay), scaleByAdadelta({ rho, eps }), scaleByLearningRate(learningRate))
