import { add, full, GradError, minimum, SettingError, type Tensor, type Tree } from '@gradloom/core'
import type { Tensors, TensorTree } from './tensors.ts'

/** What a transformation may see beside gradients and state. */
export interface Context {
  readonly params: Tree
  /** What is minimised, where the caller gave it. */
  readonly loss?: Tensor | null
}

/** What a step comes to. */
export interface Updated<S extends TensorTree = TensorTree> {
  /** In the structure of the gradients: what is added to the parameters, or the gradients of who comes next. */
  readonly updates: TensorTree
  readonly state: S
  /** For whoever called, by name: `learningRate`, `gradientNorm`. */
  readonly reports?: Tensors
}

/** A step from gradients to updates, as a pair of pure functions of trees of tensors. Whatever varies from step to step
 * is state or a function of it, so that nothing is compiled twice. */
export interface Transformation<S extends TensorTree = TensorTree> {
  /** The state before the first step. Who counts steps keeps `step` in it, 0 at first, and gives it on by `counted`:
   * transformations that step together are given one to share. */
  init(params: Tree, step?: Tensor): S
  update(gradients: Tree, state: S, context: Context): Updated<S>
  /** Applied to the loss before it is differentiated. */
  prepare?(loss: Tensor, state: S): Tensor
}

/** A transformation without state.
 * @example const halved = stateless((gradients) => mapTensors((g) => mul(g, 0.5), gradients)) */
export const stateless = (updates: (gradients: Tree, context: Context) => TensorTree): Transformation<null> => ({
  init: () => null,
  update: (gradients, state, context) => ({ updates: updates(gradients, context), state }),
})

/** A count of steps: none yet. */
export const counter = (): Tensor => full([], 0, { dtype: 'int32' })

/** One step more than `step`; int32 ends at 2^31 - 1, and so does the count. */
export const counted = (step: Tensor): Tensor => add(minimum(step, 2 ** 31 - 2), 1)

/** @throws SettingError where `inner` changes the loss, which only an outermost transformation can undo */
export function requirePlain(owner: string, inner: Transformation): void {
  if (inner.prepare)
    throw new SettingError(`${owner}: no scaleLoss within required; put it outermost, and use minimize`)
}

/** @throws GradError where a step has none */
export function lossOf(owner: string, { loss }: Context): Tensor {
  if (!loss) throw new GradError(`${owner}: a loss required; give it to the step`)
  return loss
}
