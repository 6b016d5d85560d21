import {
  apply,
  asTensor,
  defineOp,
  mul,
  normalizeAxis,
  ShapeError,
  show,
  sigmoid,
  slice,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'

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
    const n = x.shape[axis]
    const part = (start: number, end: number): Tensor =>
      slice(
        x,
        x.shape.map((_, i) => (i === axis ? [start, end] : null)),
      )
    return mul(part(0, n / 2), sigmoid(part(n / 2, n)))
  },
})

/** The first half of x along `axis` times the sigmoid of the second. @throws ShapeError for an odd size
 * @see https://arxiv.org/abs/1612.08083 */
export function glu(x: TensorLike, { axis = -1 }: { axis?: number } = {}): Tensor {
  const t = asTensor(x)
  return apply(gluOp, [t], { axis: normalizeAxis('glu', axis, t.rank, t.shape) })
}
