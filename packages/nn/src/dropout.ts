import { asTensor, div, mul, where, type Tensor, type TensorLike } from '@gradloom/core'
import { type Rng } from '@gradloom/ops'

export interface DropoutOptions {
  /** The share of elements that become 0. */
  readonly rate?: number
  /** Where the mask is drawn: a stream of its own, fresh each run, and the same one in the backward pass. */
  readonly rng: Rng
  /** False: x as it is. */
  readonly training?: boolean
}

/** Elements at random set to 0, the others divided by 1 - rate, so that the expectation stays.
 * @throws RangeError for a rate outside [0, 1] @see https://jmlr.org/papers/v15/srivastava14a.html
 * @example dropout(h, { rate: 0.1, rng }) */
export function dropout(x: TensorLike, { rate = 0.5, rng, training = true }: DropoutOptions): Tensor {
  if (!(rate >= 0 && rate <= 1)) throw new RangeError(`dropout: a rate in [0, 1] required, got ${rate}`)
  const t = asTensor(x)
  if (!training || rate === 0) return t
  return rate === 1 ? mul(t, 0) : where(rng.bernoulli(t, { p: 1 - rate }), div(t, 1 - rate), 0)
}
