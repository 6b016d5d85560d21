import { asTensor, cast, greater, log, mean, mul, sub, sum, where, type Tensor, type TensorLike } from '@gradloom/core'
import { reduce, type Reduction } from './reduction.ts'

/** Kullback-Leibler divergence of log-probabilities `logQ` from probabilities p: p (log p - logQ), elementwise, 0 where
 * p is 0.
 * `reduction` 'mean' divides by all elements, as PyTorch's default; 'batchMean' by the first axis, which is the
 * divergence. */
export function klDivergence(
  logQ: TensorLike,
  p: TensorLike,
  { reduction = 'mean' }: { readonly reduction?: Reduction | 'batchMean' } = {},
): Tensor {
  const q = asTensor(logQ)
  const t = cast(asTensor(p, q.dtype), q.dtype)
  const loss = mul(t, sub(log(where(greater(t, 0), t, 1)), q))
  if (reduction !== 'batchMean') return reduce(loss, reduction)
  return mean(sum(loss, { axis: loss.shape.map((_, i) => i).slice(1) }))
}
