import { add, cast, mul, sqrt, sum, type Tensor } from '@gradloom/core'

/** The Euclidean norm of all elements of all `tensors` together, a scalar of the dtype of the first. */
export const globalNorm = (tensors: readonly Tensor[]): Tensor =>
  sqrt(tensors.map((t) => cast(sum(mul(t, t)), tensors[0].dtype)).reduce((a, b) => add(a, b)))
