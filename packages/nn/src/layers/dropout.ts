import { dropout as drop } from '../dropout.ts'
import { inference, type Layer } from './layer.ts'

/** Dropout in training, where the mode needs a random generator; x itself in inference. @throws TypeError without one
 * */
export const dropout = (rate = 0.5): Layer<Record<never, never>> => ({
  init: () => ({}),
  apply: (_, x, { training, rng } = inference) => {
    if (!training) return x
    if (!rng)
      throw new TypeError('dropout: a random generator is required in training; use training({ rng: createRng(seed) })')
    return drop(x, { rate, rng })
  },
})
