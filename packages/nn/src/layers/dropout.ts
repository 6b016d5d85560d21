import { dropout as drop } from '../dropout.ts'
import { settings } from '../settings.ts'
import { layer, type Layer } from './layer.ts'

/** Dropout in training, where the mode needs a random generator; x itself in inference. @throws SettingError for a rate
 * outside [0, 1]; DTypeError without a generator when it is needed */
export const dropout = (rate = 0.5): Layer<Record<never, never>> => {
  settings('dropout', { rate }, { rate: 0.5 })
  return layer({
    init: () => ({}),
    apply: (_, x, mode) => drop(x, { rate, rng: mode!.rng!, training: mode!.training }),
  })
}
