import { cast, defineOp, exp, log, max, mul, sub, sum, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { upcast } from '@gradloom/core/extend'
import { alongAxis } from './alongAxis.ts'

type Axis = { readonly axis: number }

const logSoftmaxOp: Op<Axis> = defineOp<Axis>({
  name: 'logSoftmax',
  promotion: 'float',
  infer: ([x]) => x,
  decompose: ([x], { axis }) => {
    if (!x.shape[axis]) return x
    const z = upcast(sub(x, max(x, { axis, keepDims: true })))
    return cast(sub(z, log(sum(exp(z), { axis, keepDims: true }))), x.dtype)
  },
  // dx = g - e^y sum(g)
  vjp: ({ outputs: [y], cotangents: [g], attrs: { axis } }) => [sub(g, mul(exp(y), sum(g, { axis, keepDims: true })))],
})

/** log(softmax(x)) along `axis`, without the loss of digits of the two in a row. A row of -infinity gives NaN.
 * @throws ShapeError where the axis is out of range */
export const logSoftmax: (x: TensorLike, options?: { axis?: number }) => Tensor = alongAxis(logSoftmaxOp)
