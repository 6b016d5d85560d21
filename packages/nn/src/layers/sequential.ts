import type { Tensor } from '@gradloom/core'
import type { Layer, Parameters } from './layer.ts'

/** Layers and plain functions one after another; parameters are named by position.
 * @example sequential(linear(784, 128), relu, linear(128, 10)) */
export const sequential = (...parts: readonly (Layer<never> | ((x: Tensor) => Tensor))[]): Layer => ({
  init: (rng) => {
    const parameters: Record<string, Parameters> = {}
    parts.forEach((part, i) => {
      const own = typeof part === 'function' ? {} : part.init(rng)
      if (Object.keys(own).length) parameters[i] = own
    })
    return parameters
  },
  apply: (p, x, mode) => parts.reduce((y, part, i) => (typeof part === 'function' ? part(y) : part.apply((p[i] ?? {}) as never, y, mode)), x),
})
