import { exp, log, max, stopGradient, sub, sum, type Tensor } from '@gradloom/core'

/** z = x - max(x) and log(sum(e^z)) along `axis`, which stays with size 1. log softmax is their difference; kept apart,
 * a cross-entropy has the gradient e^z / sum - target from one row kernel, and large logits lose no digits. */
export function shifted(x: Tensor, axis: number): { readonly z: Tensor; readonly logSum: Tensor } {
  const z = sub(x, stopGradient(max(x, { axis, keepDims: true })))
  return { z, logSum: log(sum(exp(z), { axis, keepDims: true })) }
}
