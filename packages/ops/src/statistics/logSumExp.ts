import {
  add,
  cast,
  clip,
  defineOp,
  exp,
  full,
  log,
  max,
  type Op,
  type ReduceOptions,
  sizeOf,
  squeeze,
  stopGradient,
  sub,
  sum,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { asFloats, type AxesAttrs, largest, reduceBy, reduced, upcast } from '@gradloom/core/extend'
const logSumExpOp: Op<AxesAttrs> = defineOp<AxesAttrs>({
  name: 'logSumExp',
  infer: ([x], { axes }) => reduced(x, axes),
  // With the maximum m taken out nothing overflows and little is rounded; m is kept finite, as infinity - infinity is
  // NaN. The result does not depend on m, so that m is a constant to gradients.
  decompose: ([x], { axes }) => {
    if (!sizeOf(axes.map((a) => x.shape[a]))) return full(reduced(x, axes).shape, -Infinity, x)
    const bound = largest(x.dtype)
    const m = stopGradient(clip(max(x, { axis: axes, keepDims: true }), { min: -bound, max: bound }))
    return add(log(sum(exp(sub(x, m)), { axis: axes })), squeeze(m, axes))
  },
})

/** log of the sum of e^x, without overflow; -infinity over an empty axis or where every x is -infinity (the gradient
 * there is NaN, as PyTorch has it). The gradient is softmax(x). */
export function logSumExp(x: TensorLike, options?: ReduceOptions): Tensor {
  const t = asFloats(x)
  return cast(reduceBy(logSumExpOp, upcast(t), options), t.dtype)
}
