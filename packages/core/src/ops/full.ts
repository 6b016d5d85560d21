import { checkDType, type DType } from '../dtype.ts'
import { constant, defineOp, type Op } from '../op.ts'
import { checkShape, type Shape } from '../shape.ts'
import { apply, type Tensor } from '../tensor.ts'

interface FullAttrs { readonly shape: Shape; readonly value: number; readonly dtype: DType }
/** A literal: compiled into kernels, never stored unless it is a result. */
export const fullOp: Op<FullAttrs> = defineOp<FullAttrs>({
  name: 'full',
  infer: (_, { shape, dtype }) => (checkShape('full', shape, true), checkDType('full', dtype), { shape, dtype }),
  vjp: constant,
  literal: (attrs) => attrs.value,
})

/** Every element `value`. @throws ShapeError for negative sizes */
export const full = (shape: Shape, value: number, { dtype = 'float32' }: { dtype?: DType } = {}): Tensor =>
  apply(fullOp, [], { shape: [...shape], value, dtype })
export const zeros = (shape: Shape, options?: { dtype?: DType }): Tensor => full(shape, 0, options)
export const ones = (shape: Shape, options?: { dtype?: DType }): Tensor => full(shape, 1, options)
export const zerosLike = (t: Tensor): Tensor => full(t.shape, 0, t)

/** The number that `t` is everywhere, if that is known while the graph is built. */
export const literalOf = (t: Tensor): number | undefined => t.node.op.literal?.(t.node.attrs)
