import { add, mul, Tensor, type Tree } from '@gradloom/core'
import { checked } from '../settings.ts'
import { mapTensors, tensorsOf, type TensorTree } from '../tensors.ts'
import { stateless, type Transformation } from '../transformation.ts'

/** Adds `weightDecay` times the parameter: before an adaptive scale it is L2 regularisation, after it decoupled decay.
 * What layers keep in records named `state`, such as running statistics, does not decay.
 * @throws SettingError where it is negative or no finite number
 * @see https://arxiv.org/abs/1711.05101 */
export function addDecayedWeights(weightDecay: number): Transformation<null> {
  checked('addDecayedWeights', { weightDecay })
  return stateless((gradients, { params }) => {
    if (!weightDecay) return gradients as TensorTree
    let states: Tensor[] | undefined
    // Called once the trees are known to be some, which end.
    const decayed = (g: Tensor, p: Tensor): Tensor =>
      (states ??= statesOf(params)).includes(p) ? g : add(g, mul(p, weightDecay))
    return mapTensors(decayed, gradients, params)
  })
}

const statesOf = (tree: Tree): Tensor[] =>
  tree instanceof Tensor || typeof tree !== 'object'
    ? []
    : Object.entries(tree ?? {}).flatMap(([key, x]: [string, Tree]) =>
        key === 'state' && !(x instanceof Tensor) ? tensorsOf(x) : statesOf(x),
      )
