import { add, mul } from '@gradloom/core'
import { checked } from '../settings.ts'
import { mapTensors, type TensorTree } from '../tensors.ts'
import { stateless, type Transformation } from '../transformation.ts'

/** Adds `weightDecay` times the parameter: before an adaptive scale it is L2 regularisation, after it decoupled decay.
 * @throws SettingError where it is negative or no finite number
 * @see https://arxiv.org/abs/1711.05101 */
export function addDecayedWeights(weightDecay: number): Transformation<null> {
  checked('addDecayedWeights', { weightDecay })
  return stateless((gradients, { params }) =>
    weightDecay ? mapTensors((g, p) => add(g, mul(p, weightDecay)), gradients, params) : (gradients as TensorTree),
  )
}
