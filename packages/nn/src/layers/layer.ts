import { asTensor, assign, updates, type Tensor, type Update } from '@gradloom/core'
import { filledWith } from '@gradloom/core/extend'
import { type Rng } from '@gradloom/ops'
import { settings } from '../settings.ts'
import { named, type Parameters } from './parameters.ts'

/** A state of a layer, which training changes without a gradient, such as running statistics. */
export interface LayerState {
  readonly value: Tensor
  set(next: Tensor): void
}

/** How a model is applied: with `training`, dropout draws from `rng` and states move. */
export interface Mode {
  readonly training: boolean
  readonly rng?: Rng
  /** A state, by its tensor among the parameters. */
  state(tensor: Tensor): LayerState
}

/** Parameters, and a pure function of them. */
export interface Layer<P extends Parameters = Parameters> {
  /** Fresh parameters, as graph: set variables to them, or use them as they are. */
  init(rng: Rng): P
  apply(parameters: P, x: Tensor, mode?: Mode): Tensor
}

const RULES = {
  rng: 'an object with glorotUniform, heNormal, normal',
  parameters: 'an object',
  mode: 'an object with state',
}

/** A layer whose arguments are checked. @throws SettingError */
export const layer = <P extends Parameters>({ init, apply }: Layer<P>): Layer<P> => ({
  init(rng) {
    settings('init', { rng }, { rng: undefined }, RULES)
    return init(rng)
  },
  apply(parameters, x, mode = inference) {
    settings('apply', { parameters, mode }, { parameters: undefined, mode: undefined }, RULES)
    return apply(parameters, asTensor(x), mode)
  },
})

/** Application with fixed statistics and without dropout. */
export const inference: Mode = Object.freeze<Mode>({
  training: false,
  state: (value) => ({ value, set: () => {} }),
})

/** How states moved in a training step. */
export interface Moved {
  /** To return from a compiled step, where parameters are variables. */
  updates(): Update
  /** The same parameters with the states as they are now, for parameters that are plain tensors. */
  next<P extends Parameters>(parameters: P): P
}

/** Application for one training step; return `updates()` from the step, or take `next(parameters)`, so that states
 * move.
 * @example const mode = training({ rng }); const y = model.apply(p, x, mode); return { loss, train, state:
 * mode.updates() } */
export function training(options?: { readonly rng?: Rng }): Mode & Moved {
  const { rng } = settings('training', options, { rng: undefined })
  const moved = new Map<Tensor, Tensor>()
  const now = (tensor: Tensor): Tensor => moved.get(tensor) ?? tensor
  return {
    training: true,
    ...(rng && { rng }),
    state: (tensor) => ({
      value: now(tensor),
      set: (next) => {
        moved.set(tensor, next)
      },
    }),
    updates: () => updates(...[...moved].map(([tensor, next]) => assign(tensor, next))),
    next: <P extends Parameters>(parameters: P) =>
      filledWith(
        parameters,
        named(parameters).map(({ tensor }) => now(tensor)),
      ) as P,
  }
}
