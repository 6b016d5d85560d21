import { asTensor, cast, promote, toFloat, type Tensor, type TensorLike } from '@gradloom/core'

/** Inputs in the float dtype that they have in common. */
export function asFloats<T extends readonly TensorLike[]>(...inputs: T): { [K in keyof T]: Tensor } {
  const tensors = inputs.map((x) => asTensor(x))
  const dtype = toFloat(tensors.map((t) => t.dtype).reduce(promote))
  return tensors.map((t) => cast(t, dtype)) as { [K in keyof T]: Tensor }
}
