import { checkNumbers } from '../dtype.ts'
import { ShapeError } from '../errors.ts'
import { defineOp, type Op } from '../graph/op.ts'
import type { Meta } from '../graph/meta.ts'
import { alike, apply, asTensor } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import { axisOf, show, sizeOf, type Shape } from '../shape.ts'
import { zerosLike } from './full.ts'
import { asIndices, requireShape } from './indices.ts'

// Two pairs, each the other's gradient: take and scatterAdd (the indices replace the axis), takeAlongAxis and
// scatterAddAlongAxis (an index for each element). Negative indices count from the end; others out of range fail the
// run.
interface AxisAttrs {
  readonly axis: number
}
type Placed = (name: string, x: Shape, indices: Shape, axis: number) => Shape

const replaced: Placed = (_, x, indices, axis) => [...x.slice(0, axis), ...indices, ...x.slice(axis + 1)]
const along: Placed = (name, x, indices, axis) => {
  requireShape(
    name,
    'indices',
    x.map((n, i) => (i === axis ? -1 : n)),
    indices,
  )
  return indices
}

const gather = (name: string, placed: Placed, transpose: () => Op<AxisAttrs>): Op<AxisAttrs> =>
  defineOp<AxisAttrs>({
    name,
    risk: ([x, indices], { axis }) => ({ indices, size: x.shape[axis] }),
    infer: ([x, indices], { axis }) => ({ shape: placed(name, x.shape, indices.shape, axis), dtype: x.dtype }),
    vjp: ({ inputs: [x, indices], cotangents: [g], attrs }) => [
      apply(transpose(), [zerosLike(x), indices, g], attrs),
      null,
    ],
  })
const scatter = (name: string, placed: Placed, transpose: () => Op<AxisAttrs>): Op<AxisAttrs> =>
  defineOp<AxisAttrs>({
    name,
    risk: ([x, indices], { axis }) => ({ indices, size: x.shape[axis] }),
    infer: ([x, indices, updates], { axis }): Meta => {
      requireShape(name, 'updates', placed(name, x.shape, indices.shape, axis), updates.shape)
      return x
    },
    vjp: ({ inputs: [, indices], cotangents: [g], attrs }) => [g, null, apply(transpose(), [g, indices], attrs)],
  })

const takeOp: Op<AxisAttrs> = gather('take', replaced, () => scatterAddOp)
const scatterAddOp: Op<AxisAttrs> = scatter('scatterAdd', replaced, () => takeOp)
const takeAlongAxisOp: Op<AxisAttrs> = gather('takeAlongAxis', along, () => scatterAddAlongAxisOp)
const scatterAddAlongAxisOp: Op<AxisAttrs> = scatter('scatterAddAlongAxis', along, () => takeAlongAxisOp)

function gathered(op: Op<AxisAttrs>, x: TensorLike, indices: TensorLike, axis: number): Tensor {
  const t = asTensor(x)
  const at = axisOf(op.name, t, axis)
  const i = asIndices(op.name, indices)
  if (t.shape[at] === 0 && sizeOf(i.shape))
    throw new ShapeError(`${op.name}: a non-empty axis required, got axis ${at} of ${show(t.shape)}`)
  return apply(op, [t, i], { axis: at })
}
function scattered(op: Op<AxisAttrs>, x: TensorLike, indices: TensorLike, updates: TensorLike, axis: number): Tensor {
  const [t, u] = alike([x, updates])
  checkNumbers(op.name, t.dtype)
  return apply(op, [t, asIndices(op.name, indices), u], { axis: axisOf(op.name, t, axis) })
}

/** The elements of x at int32 `indices` of any shape, which replaces the axis: `[a, n, b]` by `[i, j]` gives `[a, i, j,
 * b]`.
 * Indices in [-n, n); another fails the run with an IndexError.
 * @throws ShapeError, DTypeError @example take(table, ids) // rows of a table */
export const take = (x: TensorLike, indices: TensorLike, axis = 0): Tensor => gathered(takeOp, x, indices, axis)
/** For each element of `indices` (int32, of x's rank and sizes but along `axis`) the element of x that it names along
 * `axis`.
 * Indices as in {@link take}. @throws ShapeError, DTypeError */
export const takeAlongAxis = (x: TensorLike, indices: TensorLike, axis: number): Tensor =>
  gathered(takeAlongAxisOp, x, indices, axis)
/** x plus `updates` (of the shape that {@link take} gives) at `indices` along `axis`; repeated indices accumulate.
 * @throws ShapeError, DTypeError */
export const scatterAdd = (x: TensorLike, indices: TensorLike, updates: TensorLike, axis = 0): Tensor =>
  scattered(scatterAddOp, x, indices, updates, axis)
/** x plus each element of `updates` at the index of the same place in `indices` along `axis`; the transpose of
 * {@link takeAlongAxis}. @throws ShapeError, DTypeError */
export const scatterAddAlongAxis = (x: TensorLike, indices: TensorLike, updates: TensorLike, axis: number): Tensor =>
  scattered(scatterAddAlongAxisOp, x, indices, updates, axis)
