import {
  cast,
  defineOp,
  exp,
  max,
  mul,
  reciprocal,
  sub,
  sum,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { upcast } from '@gradloom/core/extend'
import { alongAxis } from './alongAxis.ts'

type Axis = { readonly axis: number }

const softmaxOp: Op<Axis> = defineOp<Axis>({
  name: 'softmax',
  promotion: 'float',
  infer: ([x]) => x,
  decompose: ([x], { axis }) => {
    if (!x.shape[axis]) return x
    const e = exp(upcast(sub(x, max(x, { axis, keepDims: true }))))
    // One division a row: the sum is at least 1, so its reciprocal is safe.
    return cast(mul(e, reciprocal(sum(e, { axis, keepDims: true }))), x.dtype)
  },
  // dx = y (g - sum(g y)): from the result alone
  vjp: ({ outputs: [y], cotangents: [g], attrs: { axis } }) => [
    mul(y, sub(g, sum(mul(g, y), { axis, keepDims: true }))),
  ],
})

/** e^x / sum(e^x) along `axis`, computed from x - max(x): any finite x is safe. A row of -infinity gives NaN.
 * @throws ShapeError where the axis is out of range
 * @example softmax([[1000, 1000]]) // [[0.5, 0.5]] */
export const softmax: (x: TensorLike, options?: { axis?: number }) => Tensor = alongAxis(softmaxOp)
