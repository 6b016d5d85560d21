import { asTensor, cast, equal, log, mean, mul, sub, sum, where, type Tensor, type TensorLike } from '@gradloom/core'
import { requirePaired } from '@gradloom/core/extend'
import { settings } from '../settings.ts'
import { reduce, type Reduction } from './reduction.ts'

/** Kullback-Leibler divergence of log-probabilities `logQ` from probabilities p: p (log p - logQ), elementwise; where p
 * is 0 it is 0, and so are its gradients, whatever logQ is.
 * `reduction` 'mean' divides by all elements, as PyTorch's default; 'batchMean' by the first axis, which is the
 * divergence. */
export function klDivergence(
  logQ: TensorLike,
  p: TensorLike,
  options?: { readonly reduction?: Reduction | 'batchMean' },
): Tensor {
  const { reduction } = settings(
    'klDivergence',
    options,
    { reduction: 'mean' },
    { reduction: "'none', 'mean', 'sum' or 'batchMean'" },
  )
  requirePaired('klDivergence', logQ, p)
  const q = asTensor(logQ)
  const t = cast(asTensor(p, q.dtype), q.dtype)
  const none = equal(t, 0)
  const loss = mul(t, sub(log(where(none, 1, t)), where(none, 0, q)))
  if (reduction !== 'batchMean') return reduce(loss, reduction)
  return mean(sum(loss, { axis: loss.shape.map((_, i) => i).slice(1) }))
}
