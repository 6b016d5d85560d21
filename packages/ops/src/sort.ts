import {
  apply,
  applyAll,
  asTensor,
  defineOp,
  type Op,
  scatterAddAlongAxis,
  ShapeError,
  show,
  slice,
  takeAlongAxis,
  type Tensor,
  type TensorLike,
  zerosLike,
} from '@gradloom/core'
import { axisOf, constant, isCount, settings, shown } from '@gradloom/core/extend'
export interface SortOptions {
  readonly axis?: number
  readonly descending?: boolean
}
interface SortAttrs {
  readonly axis: number
  readonly descending: boolean
}
interface TopKAttrs {
  readonly k: number
  readonly axis: number
}

const argsortOp: Op<SortAttrs> = defineOp<SortAttrs>({
  name: 'argsort',
  infer: ([x]) => ({ shape: x.shape, dtype: 'int32' }),
  vjp: constant,
})
const sortOp: Op<SortAttrs> = defineOp<SortAttrs>({
  name: 'sort',
  infer: ([x]) => x,
  decompose: ([x], attrs) => takeAlongAxis(x, apply(argsortOp, [x], attrs), attrs.axis),
})
const topKOp: Op<TopKAttrs> = defineOp<TopKAttrs>({
  name: 'topK',
  infer: ([x], { k, axis }) => {
    if (x.shape[axis] !== -1 && k > x.shape[axis])
      throw new ShapeError(
        `topK: at most ${x.shape[axis]} elements are there, got ${k} for axis ${axis} of ${show(x.shape)}`,
      )
    const shape = x.shape.map((n, i) => (i === axis ? k : n))
    return [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int32' },
    ]
  },
  decompose: ([x], { k, axis }) => {
    const indices = slice(
      argsort(x, { axis, descending: true }),
      x.shape.map((_, i) => (i === axis ? [0, k] : null)),
    )
    return [takeAlongAxis(x, indices, axis), indices]
  },
  vjp: ({ inputs: [x], outputs: [, indices], cotangents: [g], attrs: { axis } }) => [
    scatterAddAlongAxis(zerosLike(x), indices, g, axis),
  ],
})

function sorted(op: Op<SortAttrs>, x: TensorLike, options?: SortOptions): Tensor {
  const { axis, descending } = settings<SortAttrs>(op.name, options, { axis: -1, descending: false })
  const t = asTensor(x)
  return apply(op, [t], { axis: axisOf(op.name, t, axis), descending })
}

/** Elements in order along `axis` (the last); NaN is greater than all numbers: last, or first when descending. The
 * gradient goes to where each element came from. @throws ShapeError */
export const sort = (x: TensorLike, options?: SortOptions): Tensor => sorted(sortOp, x, options)
/** The int32 positions along `axis` that would sort x as `sort` does; equal elements (-0 and 0, NaN and NaN too) keep
 * their order, also when descending. @throws ShapeError */
export const argsort = (x: TensorLike, options?: SortOptions): Tensor => sorted(argsortOp, x, options)
/** The k largest elements along `axis` (the last), largest first, and their int32 positions; ties in order of position.
 * NaN is greater than all numbers: the first is what `max` gives. @throws ShapeError where there are fewer than k */
export function topK(
  x: TensorLike,
  k: number,
  options?: { readonly axis?: number },
): { values: Tensor; indices: Tensor } {
  const { axis } = settings('topK', options, { axis: -1 })
  if (!isCount(k)) throw new ShapeError(`topK: k must be a non-negative integer, got ${shown(k)}`)
  const t = asTensor(x)
  const [values, indices] = applyAll(topKOp, [t], { k, axis: axisOf('topK', t, axis) })
  return { values, indices }
}
