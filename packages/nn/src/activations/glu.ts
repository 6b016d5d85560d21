import { defineOp, mul, ShapeError, show, sigmoid, split, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { alongAxis } from './alongAxis.ts'

type Axis = { readonly axis: number }

const gluOp: Op<Axis> = defineOp<Axis>({
  name: 'glu',
  promotion: 'float',
  infer: ([x], { axis }) => {
    if (x.shape[axis] > 0 && x.shape[axis] % 2)
      throw new ShapeError(`glu: an even size required along axis ${axis}, got ${show(x.shape)}`)
    return { shape: x.shape.map((n, i) => (i === axis && n > 0 ? n / 2 : n)), dtype: x.dtype }
  },
  decompose: ([x], { axis }) => {
    const [a, b] = split(x, 2, axis)
    return mul(a, sigmoid(b))
  },
})

/** The first half of x along `axis` times the sigmoid of the second. @throws ShapeError for an odd size
 * @see https://arxiv.org/abs/1612.08083 */
export const glu: (x: TensorLike, options?: { axis?: number }) => Tensor = alongAxis(gluOp)
