import {
  apply,
  asTensor,
  broadcastTo,
  concat,
  defineOp,
  expandDims,
  type Op,
  reshape,
  ShapeError,
  show,
  sizeOf,
  slice,
  type SliceSpec,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { axisOf, isCount, range, demandList } from '@gradloom/core/extend'
const tileOp: Op<{ repeats: readonly number[] }> = defineOp<{ repeats: readonly number[] }>({
  name: 'tile',
  infer: ([x], { repeats }) => ({ shape: x.shape.map((n, i) => (n === -1 ? -1 : n * repeats[i])), dtype: x.dtype }),
  // Each axis gets one before it along which it is broadcast; the two are then read as one.
  decompose: ([x], { repeats }) =>
    reshape(
      broadcastTo(
        expandDims(
          x,
          x.shape.map((_, i) => 2 * i),
        ),
        x.shape.flatMap((n, i) => [repeats[i], n]),
      ),
      x.shape.map((n, i) => n * repeats[i]),
    ),
})

/** x repeated along each axis; the shorter of shape and `repeats` gets leading ones. @throws ShapeError for negative
 * repeats */
export function tile(x: TensorLike, repeats: readonly number[]): Tensor {
  demandList('tile', repeats)
  if (!repeats.every(isCount)) throw new ShapeError(`tile: non-negative whole repeats required, got ${show(repeats)}`)
  const given = asTensor(x)
  const t = expandDims(given, range(Math.max(0, repeats.length - given.rank)))
  const all = [...new Array<number>(t.rank - repeats.length).fill(1), ...repeats]
  return all.every((n) => n === 1) ? t : apply(tileOp, [t], { repeats: all })
}

interface RollAttrs {
  readonly shift: number
  readonly axis: number | null
}
const rollOp: Op<RollAttrs> = defineOp<RollAttrs>({
  name: 'roll',
  infer: ([x]) => x,
  decompose: ([x], { shift, axis }) => {
    const t = axis === null ? reshape(x, [sizeOf(x.shape)]) : x
    const at = axis ?? 0
    const n = t.shape[at]
    const by = n && ((shift % n) + n) % n
    const part = (spec: SliceSpec): Tensor =>
      slice(
        t,
        range(at + 1).map((i) => (i === at ? spec : null)),
      )
    return by ? reshape(concat([part([n - by]), part([0, n - by])], at), x.shape) : x
  },
  vjp: ({ cotangents: [g], attrs: { shift, axis } }) => [apply(rollOp, [g], { shift: -shift, axis })],
})

/** Elements moved `shift` places along `axis`, those that fall off the end coming in at the start; without an axis in
 * row-major order. Lists shift several axes. @throws ShapeError */
export function roll(x: TensorLike, shift: number | readonly number[], axis?: number | readonly number[]): Tensor {
  const t = asTensor(x)
  const shifts = [shift].flat()
  const axes = axis === undefined ? [null] : [axis].flat().map((a) => axisOf('roll', t, a))
  if (shifts.length !== axes.length || !shifts.every(Number.isInteger))
    throw new ShapeError(
      `roll: a whole shift an axis required, got ${show(shifts)} for axes [${axes}] of ${show(t.shape)}`,
    )
  return axes.reduce((y, a, i) => apply(rollOp, [y], { shift: shifts[i], axis: a }), t)
}
