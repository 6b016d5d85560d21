import { checkDType, elementOf, type DType, type Literal } from '../dtype.ts'
import { constant, defineOp, type Op } from '../graph/op.ts'
import { apply, asTensor } from '../graph/apply.ts'
import { Tensor, type TensorLike } from '../graph/tensor.ts'
import { settings } from '../settings.ts'
import { checkShape, isKnown, type Shape } from '../shape.ts'

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

/** Every element a value that `dtype` holds. */
export const fullOf = (shape: Shape, value: number, dtype: DType): Tensor =>
  apply(fullOp, [], { shape: [...shape], value, dtype })

/** float32 where no dtype is given; a tensor gives its own. */
type Options = { readonly dtype?: DType } | Tensor
function filledBy(name: string, shape: Shape, value: Literal, options?: Options): Tensor {
  const { dtype } =
    options instanceof Tensor ? options : settings<{ dtype: DType }>(name, options, { dtype: 'float32' })
  checkShape(name, shape)
  checkDType(name, dtype)
  return fullOf(shape, elementOf(name, value, dtype), dtype)
}

/** Every element `value`. @throws ShapeError for negative sizes, DTypeError for a value that `dtype` cannot hold */
export const full = (shape: Shape, value: Literal, options?: Options): Tensor => filledBy('full', shape, value, options)
export const zeros = (shape: Shape, options?: Options): Tensor => filledBy('zeros', shape, 0, options)
export const ones = (shape: Shape, options?: Options): Tensor => filledBy('ones', shape, 1, options)

/** Zeros for a shape that is not known before the feeds are. */
const zerosLikeOp: Op = defineOp({
  name: 'zerosLike',
  infer: ([x]) => x,
  vjp: constant,
  expandsAt: 'specialise',
  decompose: ([x]) => fullOf(x.shape, 0, x.dtype),
})
/** 0 for each element of x. */
export function zerosLike(x: TensorLike): Tensor {
  const t = asTensor(x)
  return isKnown(t.shape) ? fullOf(t.shape, 0, t.dtype) : apply(zerosLikeOp, [t])
}

/** The number that `t` is everywhere, if that is known while the graph is built. */
export const literalOf = (t: Tensor): number | undefined => {
  const { op, attrs } = asTensor(t).node
  return op.form.kind === 'literal' ? op.form.value(attrs) : undefined
}
