import { chain } from '../chain.ts'
import type { Optimizer } from '../optimizer.ts'
import { settings } from '../settings.ts'
import { addDecayedWeights } from '../transformations/addDecayedWeights.ts'
import { ADAM, scaleByAdam, type AdamMoments } from '../transformations/scaleByAdam.ts'
import { scaleByLearningRate } from '../transformations/scaleByLearningRate.ts'
import { scaleByTrustRatio } from '../transformations/scaleByTrustRatio.ts'
import type { Descent } from './descent.ts'

/** Adam with decoupled `weightDecay`, each parameter's step scaled to its norm.
 * @throws NameError, SettingError for settings @see https://arxiv.org/abs/1904.00962 */
export function lamb(options?: AdamMoments & Descent): Optimizer {
  const { learningRate, weightDecay, ...moments } = settings<Required<AdamMoments & Descent>>(
    'lamb',
    { learningRate: 1e-3, weightDecay: 0, ...ADAM, eps: 1e-6 },
    options,
  )
  return chain(
    scaleByAdam(moments),
    addDecayedWeights(weightDecay),
    scaleByTrustRatio(),
    scaleByLearningRate(learningRate),
  )
}
