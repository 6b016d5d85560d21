import type { Tensor } from '@gradloom/core'
import type { layers } from '@gradloom/nn'
import type { Rng } from '@gradloom/ops'

/** A layer of whatever parameters, or a function. */
export type Part =
  | { init(rng: Rng): layers.Parameters; apply(parameters: never, x: Tensor, mode?: layers.Mode): Tensor }
  | ((x: Tensor) => Tensor)

/** The layers of a network, in order; activations are among the rest. */
export interface Stack {
  readonly first: layers.Layer
  readonly rest: Part[]
}
