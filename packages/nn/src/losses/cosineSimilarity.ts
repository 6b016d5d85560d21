import { asTensor, maximum, mul, rsqrt, sum, type Tensor, type TensorLike } from '@gradloom/core'

/** a . b / (max(|a|, `eps`) max(|b|, `eps`)) along `axis`, in [-1, 1]; 0, with a finite gradient, for a vector of
 * zeros. */
export function cosineSimilarity(
  a: TensorLike,
  b: TensorLike,
  { axis = -1, eps = 1e-8 }: { axis?: number; eps?: number } = {},
): Tensor {
  const ta = asTensor(a)
  const tb = asTensor(b)
  const dot = (x: Tensor, y: Tensor): Tensor => sum(mul(x, y), { axis })
  const inverse = (x: Tensor): Tensor => rsqrt(maximum(dot(x, x), eps * eps))
  return mul(dot(ta, tb), mul(inverse(ta), inverse(tb)))
}
