import { asTensor, div, DTypeError, where, type Tensor, type TensorLike } from '@gradloom/core'
import { type Rng } from '@gradloom/ops'
import { settings } from './settings.ts'

export interface DropoutOptions {
  /** The share of elements that become 0. */
  readonly rate?: number
  /** Where the mask is drawn: a stream of its own, fresh each run, and the same one in the backward pass. */
  readonly rng: Rng
  /** False: x as it is. */
  readonly training?: boolean
}
/** Elements at random set to 0, the others divided by 1 - rate, so that the expectation stays.
 * @throws SettingError for a rate outside [0, 1]; DTypeError in training without a random generator
 * @see https://jmlr.org/papers/v15/srivastava14a.html @example dropout(h, { rate: 0.1, rng }) */
export function dropout(x: TensorLike, options: DropoutOptions): Tensor {
  const { rate, rng, training } = settings('dropout', options, { rate: 0.5, rng: undefined, training: true })
  const t = asTensor(x)
  if (!training || rate === 0) return t
  if (rate === 1) return where(false, t, 0)
  if (typeof rng?.bernoulli !== 'function')
    throw new DTypeError(
      `dropout: a random generator required in training, got ${typeof rng}; give rng: createRng(seed)`,
    )
  return where(rng.bernoulli(t, { p: 1 - rate }), div(t, 1 - rate), 0)
}
