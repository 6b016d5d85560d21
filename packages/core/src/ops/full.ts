import { checkDType, type DType } from '../dtype.ts'
import { constant, defineOp, type Op } from '../graph/op.ts'
import { apply } from '../graph/apply.ts'
import type { Tensor } from '../graph/tensor.ts'
import { checkShape, type Shape } from '../shape.ts'

interface FullAttrs {
  readonly shape: Shape
  readonly value: number
  readonly dtype: DType
}
/** A literal: compiled into kernels, never stored unless it is a result. */
export const fullOp: Op<FullAttrs> = defineOp<FullAttrs>({
  name: 'full',
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
  vjp: constant,
  form: { kind: 'literal', value: (attrs) => attrs.value },
})

interface Options {
  readonly dtype?: DType
}
function filledBy(name: string, shape: Shape, value: number, { dtype = 'float32' }: Options = {}): Tensor {
  checkShape(name, shape, true)
  checkDType(name, dtype)
  return apply(fullOp, [], { shape: [...shape], value, dtype })
}

/** Every element `value`. @throws ShapeError for negative sizes */
export const full = (shape: Shape, value: number, options?: Options): Tensor => filledBy('full', shape, value, options)
export const zeros = (shape: Shape, options?: Options): Tensor => filledBy('zeros', shape, 0, options)
export const ones = (shape: Shape, options?: Options): Tensor => filledBy('ones', shape, 1, options)
export const zerosLike = (t: Tensor): Tensor => full(t.shape, 0, t)

/** The number that `t` is everywhere, if that is known while the graph is built. */
export const literalOf = (t: Tensor): number | undefined => {
  const { op, attrs } = t.node
  return op.form.kind === 'literal' ? op.form.value(attrs) : undefined
}
