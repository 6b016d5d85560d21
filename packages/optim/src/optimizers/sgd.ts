import type { Optimizer } from '../optimizer.ts'
import { SettingError } from '@gradloom/core'
import type { TensorTree } from '../tensors.ts'
import { stateless } from '../transformation.ts'
import { scaleByMomentum, type MomentumOptions } from '../transformations/momentum.ts'
import type { LearningRate } from '../transformations/scaleByLearningRate.ts'
import { descent } from './descent.ts'

export interface SgdOptions extends Partial<MomentumOptions> {
  readonly learningRate: LearningRate
  readonly weightDecay?: number
}

/** Stochastic gradient descent, p - learningRate g, with PyTorch's momentum, dampening, Nesterov and L2 `weightDecay`.
 * @throws NameError, SettingError for settings; there is no rate that fits all, so one must be given
 * @example const train = sgd({ learningRate: 0.1, momentum: 0.9 }).minimize(loss, ctx.variables()) */
export const sgd = (options: SgdOptions): Optimizer =>
  descent<SgdOptions>(
    'sgd',
    { learningRate: undefined, momentum: 0, dampening: 0, nesterov: false },
    options,
    (inertia) => {
      const { momentum, dampening, nesterov } = inertia
      // As PyTorch, whose Nesterov's form has no dampening; without momentum it would be left out without a word.
      if (nesterov && (!momentum || dampening))
        throw new SettingError(`sgd: momentum, and dampening 0, required for nesterov, got ${momentum}, ${dampening}`)
      return momentum ? scaleByMomentum(inertia) : stateless((gradients) => gradients as TensorTree)
    },
  )
