import { chain } from '../chain.ts'
import type { Optimizer } from '../optimizer.ts'
import { settings } from '../settings.ts'
import { addDecayedWeights } from '../transformations/addDecayedWeights.ts'
import { scaleByLearningRate, type LearningRate } from '../transformations/scaleByLearningRate.ts'
import type { Transformation } from '../transformation.ts'

/** What every optimizer of a chain takes. */
export interface Descent {
  readonly learningRate?: LearningRate
  readonly weightDecay?: number
}
type Scaling<O> = Omit<Required<O>, keyof Descent>

/** An optimizer that steps along what `scale` makes of the gradients, with weights decaying before, as L2
 * regularisation does, or with `isDecoupled` after it.
 * @throws NameError for a setting without default, SettingError for one that breaks a rule */
export function descent<O extends Descent>(
  owner: string,
  defaults: Scaling<O> & { readonly learningRate: LearningRate | undefined; readonly weightDecay?: number },
  options: O | undefined,
  scale: (scaling: Scaling<O>) => Transformation,
  isDecoupled = false,
): Optimizer {
  const { learningRate, weightDecay, ...scaling } = settings<Required<Descent>>(
    owner,
    { weightDecay: 0, ...defaults },
    options,
  )
  const decay = addDecayedWeights(weightDecay)
  const scaled = scale(scaling as never)
  return chain(...(isDecoupled ? [scaled, decay] : [decay, scaled]), scaleByLearningRate(learningRate))
}
