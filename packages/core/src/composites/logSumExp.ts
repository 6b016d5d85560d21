import { defineOp, type Op } from '../op.ts'
import { sizeOf } from '../shape.ts'
import type { Tensor, TensorLike } from '../tensor.ts'
import { add, sub } from '../ops/arithmetic.ts'
import { asFloats } from '../ops/cast.ts'
import { exp, log } from '../ops/exponential.ts'
import { clip } from '../ops/extremum.ts'
import { largest } from '../ops/finite.ts'
import { full } from '../ops/full.ts'
import { stopGradient } from '../ops/identity.ts'
import { max, reduceBy, reduced, sum, type AxesAttrs, type ReduceOptions } from '../ops/reduce.ts'
import { squeeze } from '../ops/view.ts'

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
export const logSumExp = (x: TensorLike, options?: ReduceOptions): Tensor => reduceBy(logSumExpOp, asFloats(x), options)
