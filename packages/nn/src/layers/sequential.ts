import { scope, type Tensor } from '@gradloom/core'
import { type Rng } from '@gradloom/ops'
import { settings } from '../settings.ts'
import { layer, type Layer, type Mode } from './layer.ts'
import type { Parameters } from './parameters.ts'

/** A layer of whatever parameters. */
interface AnyLayer {
  init(rng: Rng): Parameters
  apply(parameters: never, x: Tensor, mode?: Mode): Tensor
}

const PART = 'an object with init, apply or a function'

/** Layers and plain functions one after another; parameters are named by position, and errors quote it.
 * @example sequential(linear(784, 128), relu, linear(128, 10)) */
export function sequential(...parts: readonly (AnyLayer | ((x: Tensor) => Tensor))[]): Layer {
  for (const part of parts) settings('sequential', { part }, { part: undefined }, { part: PART })
  return layer({
    init: (rng) => {
      const parameters: Record<string, Parameters> = {}
      parts.forEach((part, i) => {
        const own = typeof part === 'function' ? {} : part.init(rng)
        if (Object.keys(own).length) parameters[i] = own
      })
      return parameters
    },
    apply: (p, x, mode) =>
      parts.reduce(
        (y, part, i) =>
          scope(`sequential/${i}`, () =>
            typeof part === 'function' ? part(y) : part.apply((p[i] ?? {}) as never, y, mode),
          ),
        x,
      ),
  })
}
