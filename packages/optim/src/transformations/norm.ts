import { add, cast, full, mul, sqrt, sum, type Tensor, type Tree } from '@gradloom/core'
import { upcast } from '@gradloom/core/extend'
import { tensorsOf } from '../tensors.ts'

/** The Euclidean norm of all elements of all `tensors` together, a scalar of the dtype of the first, float32 for
 * float16, which has no squares above 65504; 0 without any. */
export function globalNorm(tensors: Tree): Tensor {
  const all = tensorsOf(tensors).map(upcast)
  if (!all.length) return full([], 0)
  return sqrt(all.map((t) => cast(sum(mul(t, t)), all[0].dtype)).reduce((a, b) => add(a, b)))
}
