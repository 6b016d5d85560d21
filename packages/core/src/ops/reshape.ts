import { ShapeError } from '../errors.ts'
import { along, first } from '../graph/form.ts'
import { defineOp, type Op } from '../graph/op.ts'
import { apply, asTensor } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import { checkShape, filled, isKnown, range, sameShape, show, sizeOf, type Shape } from '../shape.ts'

const reshapeOp: Op<{ shape: Shape }> = defineOp<{ shape: Shape }>({
  name: 'reshape',
  infer: ([x], { shape }) => {
    if (!isKnown(x.shape)) return { shape, dtype: x.dtype }
    const size = sizeOf(x.shape)
    const out = filled(shape, size)
    if (!out) throw new ShapeError(`reshape: ${size} elements of ${show(x.shape)} do not fill ${show(shape)}`)
    return { shape: out, dtype: x.dtype }
  },
  // Where only axes of size 1 come or go it is an index map, which fuses.
  form: {
    kind: 'view',
    view: (x, _, { shape }) => {
      const isReal = (n: number): boolean => n !== 1
      if (!sameShape(x.shape.filter(isReal), shape.filter(isReal))) return 'alias'
      const to = range(shape.length).filter((i) => isReal(shape[i]))
      let next = 0
      return x.shape.map((n) => (isReal(n) ? along(to[next++]) : first))
    },
  },
  vjp: ({ inputs: [x], cotangents: [g] }) => [reshape(g, x.shape)],
  simplify: ([x], { shape }) =>
    sameShape(x.shape, shape) ? x : x.node.op === (reshapeOp as unknown) ? reshape(x.node.inputs[0], shape) : undefined,
})

/** The same elements in row-major order under another shape; one size may be -1, it is computed. @throws ShapeError */
export function reshape(x: TensorLike, shape: Shape): Tensor {
  checkShape('reshape', shape, true)
  if (shape.indexOf(-1) !== shape.lastIndexOf(-1))
    throw new ShapeError(`reshape: one size may be -1, got ${show(shape)}`)
  const t = asTensor(x)
  return isKnown(shape) && sameShape(t.shape, shape) ? t : apply(reshapeOp, [t], { shape: [...shape] })
}
