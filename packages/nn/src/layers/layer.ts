import { assign, nameOf, slot, updates, type Tensor, type TensorLike, type Update } from '@gradloom/core'
import { type Rng } from '@gradloom/ops'
import { settings } from '../settings.ts'

/** Parameters by name, nested as the layers are. */
export interface Parameters {
  readonly [name: string]: Tensor | Parameters
}

/** State of a layer that training changes without a gradient, such as running statistics. */
export interface LayerState {
  readonly value: Tensor
  set(next: Tensor): void
}

/** How a model is applied: with `training`, dropout draws from `rng` and statistics move. */
export interface Mode {
  readonly training: boolean
  readonly rng?: Rng
  /** State named beside a parameter. */
  state(near: Tensor, name: string, initial: TensorLike): LayerState
}

/** Parameters, and a pure function of them. */
export interface Layer<P extends Parameters = Parameters> {
  /** Fresh parameters, as graph: set variables to them, or use them as they are. */
  init(rng: Rng): P
  apply(parameters: P, x: Tensor, mode?: Mode): Tensor
}

/** The variable beside `near`: of the same path, with `name` as its last part. */
const beside = (near: Tensor, name: string, initial: TensorLike): Tensor =>
  slot(near, nameOf(near).replace(/[^/]*$/, name), initial)

/** Application with fixed statistics and without dropout. */
export const inference: Mode = Object.freeze<Mode>({
  training: false,
  state: (near, name, initial) => ({ value: beside(near, name, initial), set: () => {} }),
})

/** Application for one training step; return `updates()` from the step, so that statistics move.
 * @example const mode = training({ rng }); const y = model.apply(p, x, mode); return { loss, train, state:
 * mode.updates() } */
export function training(options?: { readonly rng?: Rng }): Mode & { updates(): Update } {
  const { rng } = settings('training', options, { rng: undefined })
  const written: Update[] = []
  return {
    training: true,
    ...(rng && { rng }),
    state: (near, name, initial) => {
      const value = beside(near, name, initial)
      return {
        value,
        set: (next) => {
          written.push(assign(value, next))
        },
      }
    },
    updates: () => updates(...written),
  }
}
