import { literalOf, type Tensor } from '@gradloom/core'

/** Whether a tensor is 0 whatever is fed: as a cotangent, one that nothing asked for. */
export const isZero = (t: Tensor): boolean => literalOf(t) === 0
