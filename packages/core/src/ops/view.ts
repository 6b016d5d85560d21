import { ShapeError } from '../errors.ts'
import { along, first } from '../graph/form.ts'
import { defineOp, type Op } from '../graph/op.ts'
import { apply, asTensor } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import { checkShape, normalizeAxes, axisOf, range, sameShape, show, type Shape } from '../shape.ts'
import { demandList } from '../settings.ts'
import { sum } from './reduce.ts'

type Axes = { readonly axes: readonly number[] }

const transposeOp: Op<Axes> = defineOp<Axes>({
  name: 'transpose',
  infer: ([x], { axes }) => ({ shape: axes.map((a) => x.shape[a]), dtype: x.dtype }),
  form: { kind: 'view', view: (_, { axes }) => axes.map((__, axis) => along(axes.indexOf(axis))) },
  vjp: ({ cotangents: [g], attrs: { axes } }) => [
    transpose(
      g,
      axes.map((_, axis) => axes.indexOf(axis)),
    ),
  ],
  simplify: ([x], { axes }) =>
    x.node.op === (transposeOp as unknown)
      ? transpose(
          x.node.inputs[0],
          axes.map((a) => (x.node.attrs as Axes).axes[a]),
        )
      : undefined,
})

/** Output axis i is input axis `axes[i]`; without axes their order is reversed. @throws ShapeError */
export function transpose(x: TensorLike, axes?: readonly number[]): Tensor {
  const t = asTensor(x)
  const given = axes ?? range(t.rank).reverse()
  demandList('transpose', given)
  const order = Array.from(given, (a) => axisOf('transpose', t, a))
  if (order.length !== t.rank || new Set(order).size !== t.rank) {
    throw new ShapeError(
      `transpose: axes must be a permutation of ${t.rank} axes, got ${show(order)} for ${show(t.shape)}`,
    )
  }
  return order.every((a, i) => a === i) ? t : apply(transposeOp, [t], { axes: order })
}

const expandDimsOp: Op<Axes> = defineOp<Axes>({
  name: 'expandDims',
  infer: ([x], { axes }) => {
    const shape = [...x.shape]
    for (const a of axes) shape.splice(a, 0, 1)
    return { shape, dtype: x.dtype }
  },
  form: {
    kind: 'view',
    view: (_, { axes }, { shape }) =>
      range(shape.length)
        .filter((i) => !axes.includes(i))
        .map(along),
  },
  vjp: ({ cotangents: [g], attrs: { axes } }) => [squeeze(g, axes)],
})

/** Axes of size 1 inserted, so that they stand at `axis` in the result. @throws ShapeError */
export function expandDims(x: TensorLike, axis: number | readonly number[]): Tensor {
  const t = asTensor(x)
  const list = [axis].flat()
  const axes = normalizeAxes('expandDims', list, new Array<number>(t.rank + list.length).fill(1))
  return axes.length ? apply(expandDimsOp, [t], { axes }) : t
}

const squeezeOp: Op<Axes> = defineOp<Axes>({
  name: 'squeeze',
  infer: ([x], { axes }) => {
    for (const a of axes)
      if (x.shape[a] !== 1 && x.shape[a] !== -1)
        throw new ShapeError(`squeeze: axis ${a} must have size 1, got ${show(x.shape)}`)
    return { shape: x.shape.filter((_, i) => !axes.includes(i)), dtype: x.dtype }
  },
  form: {
    kind: 'view',
    view: (x, { axes }) => {
      let from = 0
      return x.shape.map((_, i) => (axes.includes(i) ? first : along(from++)))
    },
  },
  vjp: ({ cotangents: [g], attrs: { axes } }) => [expandDims(g, axes)],
})

/** Axes of size 1 removed: those named, or all that are known to be 1. @throws ShapeError where a named one is not 1 */
export function squeeze(x: TensorLike, axis?: number | readonly number[]): Tensor {
  const t = asTensor(x)
  const axes = axis == null ? range(t.rank).filter((i) => t.shape[i] === 1) : normalizeAxes('squeeze', axis, t.shape)
  return axes.length ? apply(squeezeOp, [t], { axes }) : t
}

const broadcastToOp: Op<{ shape: Shape }> = defineOp<{ shape: Shape }>({
  name: 'broadcastTo',
  infer: ([x], { shape }) => {
    checkShape('broadcastTo', shape)
    const lead = shape.length - x.shape.length
    if (lead < 0 || x.shape.some((n, i) => n !== 1 && n !== -1 && n !== shape[lead + i])) {
      throw new ShapeError(`broadcastTo: sizes must be 1 or equal, got ${show(x.shape, shape)}`)
    }
    return { shape, dtype: x.dtype }
  },
  form: {
    kind: 'view',
    view: (x, { shape }) =>
      x.shape.map((n, i) => {
        const from = shape.length - x.shape.length + i
        return n === shape[from] ? along(from) : first
      }),
  },
  vjp: ({ inputs: [x], cotangents: [g] }) => [sumTo(g, x.shape)],
  simplify: ([x], { shape }) => (sameShape(x.shape, shape) ? x : undefined),
})

/** x repeated along axes of size 1 and new leading axes. @throws ShapeError */
export function broadcastTo(x: TensorLike, shape: Shape): Tensor {
  const t = asTensor(x)
  checkShape('broadcastTo', shape, true)
  return sameShape(t.shape, shape) ? t : apply(broadcastToOp, [t], { shape: [...shape] })
}

/** The transpose of broadcasting: g summed over the axes that broadcasting from `shape` added or stretched. */
export function sumTo(g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g
  const lead = g.rank - shape.length
  const axes = range(g.rank).filter((i) => i < lead || (shape[i - lead] === 1 && g.shape[i] !== 1))
  return expandDims(
    sum(g, { axis: axes }),
    axes.filter((a) => a >= lead).map((a) => a - lead),
  )
}
