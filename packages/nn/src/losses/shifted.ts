import { exp, log, max, ShapeError, show, stopGradient, sub, sum, type Tensor } from '@gradloom/core'

/** z = x - max(x) and log(sum(e^z)) along `axis`, which stays with size 1. log softmax is their difference; kept apart,
 * a cross-entropy has the gradient e^z / sum - target from one row kernel, and large logits lose no digits.
 * @throws ShapeError for no class, in the name of the op that asks */
export function shifted(name: string, x: Tensor, axis: number): { readonly z: Tensor; readonly logSum: Tensor } {
  if (x.shape[axis] === 0) throw new ShapeError(`${name}: a class at least required, got logits ${show(x.shape)}`)
  const z = sub(x, stopGradient(max(x, { axis, keepDims: true })))
  return { z, logSum: log(sum(exp(z), { axis, keepDims: true })) }
}
