import { ShapeError } from '../errors.ts'
import { literalDType, promote, roundTo } from '../dtype.ts'
import { defineOp, type Op } from '../graph/op.ts'
import { apply, asTensor } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import { axisOf, isCount, show, showAll, type Shape } from '../shape.ts'
import { demandList, settings } from '../settings.ts'
import { cast } from './cast.ts'
import { slice } from './slice.ts'

interface Region {
  readonly offset: readonly number[]
  readonly step: readonly number[]
}
interface PlaceAttrs {
  readonly shape: Shape
  readonly value: number
  readonly regions: readonly Region[]
}

/** The transpose of slicing: each input in a region of its own, of an array of `value`. */
const placeOp: Op<PlaceAttrs> = defineOp<PlaceAttrs>({
  name: 'place',
  infer: ([x], { shape }) => ({ shape, dtype: x.dtype }),
  form: {
    kind: 'assemble',
    assemble: ([x], { regions, value }) => ({
      fill: roundTo(value, x.dtype),
      parts: regions.map((r, input) => ({ input, ...r })),
    }),
  },
  vjp: ({ inputs, cotangents: [g], attrs: { regions } }) =>
    inputs.map((x, k) =>
      slice(
        g,
        x.shape.map((n, i) =>
          n
            ? ([
                regions[k].offset[i],
                regions[k].offset[i] + (n - 1) * regions[k].step[i] + 1,
                regions[k].step[i],
              ] as const)
            : [0, 0],
        ),
      ),
    ),
  // Gradients of the pieces of one array meet here: zeros beside zeros need no adding.
  plus: (a, b) => {
    const [p, q] = [a, b].map((t) => t.node.attrs as PlaceAttrs)
    const apart = p.regions.every((r, i) =>
      q.regions.every((s, j) => disjoint(r, a.node.inputs[i].shape, s, b.node.inputs[j].shape)),
    )
    return p.value || q.value || !apart
      ? undefined
      : apply(placeOp, [...a.node.inputs, ...b.node.inputs], { ...p, regions: [...p.regions, ...q.regions] })
  },
})

/** Whether two regions share no element: along some axis their spans do not meet, or they interleave. */
const disjoint = (r: Region, rs: Shape, s: Region, ss: Shape): boolean =>
  rs.some(
    (n, i) =>
      r.offset[i] + (n - 1) * r.step[i] < s.offset[i] ||
      s.offset[i] + (ss[i] - 1) * s.step[i] < r.offset[i] ||
      (r.step[i] === s.step[i] && (r.offset[i] - s.offset[i]) % r.step[i] !== 0),
  )

/** Shape `shape`, x at index offset + step * i along each axis, `value` elsewhere. Steps are positive. */
export const place = (x: Tensor, shape: Shape, region: Region, value = 0): Tensor =>
  apply(placeOp, [x], { shape, value, regions: [region] })

const padOp: Op<{ widths: readonly (readonly [number, number])[]; value: number }> = defineOp<{
  widths: readonly (readonly [number, number])[]
  value: number
}>({
  name: 'pad',
  infer: ([x], { widths }) => ({
    shape: x.shape.map((n, i) => (n === -1 ? -1 : n + widths[i][0] + widths[i][1])),
    dtype: x.dtype,
  }),
  decompose: ([x], { widths, value }) =>
    place(
      x,
      x.shape.map((n, i) => n + widths[i][0] + widths[i][1]),
      { offset: widths.map(([before]) => before), step: widths.map(() => 1) },
      value,
    ),
})

/** x with `[before, after]` elements of `value` added along each axis, in the dtype that x + value has.
 * @throws ShapeError for negative widths or a pair missing */
export function pad(
  x: TensorLike,
  widths: readonly (readonly [number, number])[],
  options?: { readonly value?: number },
): Tensor {
  const { value } = settings('pad', options, { value: 0 })
  const t = asTensor(x)
  demandList('pad', widths)
  for (const pair of Array.from(widths)) demandList('pad', pair)
  if (widths.length !== t.rank || widths.some((w) => w.length !== 2 || !Array.from(w).every(isCount)))
    throw new ShapeError(
      `pad: a pair of widths an axis required, got ${show(...widths)} for ${show(t.shape)}; use slice to remove`,
    )
  return widths.every(([a, b]) => !a && !b)
    ? t
    : apply(padOp, [cast(t, promote(t.dtype, literalDType(value, t.dtype)))], { widths, value })
}

const concatOp: Op<{ axis: number }> = defineOp<{ axis: number }>({
  name: 'concat',
  infer: (inputs, { axis }) => ({
    dtype: inputs[0].dtype,
    shape: inputs[0].shape.map((_, i) => {
      const sizes = inputs.map((m) => m.shape[i])
      const largest = sizes.reduce((a, b) => Math.max(a, b))
      if (i === axis) return sizes.includes(-1) ? -1 : sizes.reduce((a, b) => a + b)
      if (sizes.some((n) => n !== largest && n !== -1))
        throw new ShapeError(`concat: sizes must agree except along axis ${axis}, got ${showAll(inputs)}`)
      return largest
    }),
  }),
  decompose: (inputs, { axis }) => {
    let at = 0
    const regions = inputs.map(({ shape }) => {
      const offset = shape.map((_, i) => (i === axis ? at : 0))
      at += shape[axis]
      return { offset, step: shape.map(() => 1) }
    })
    return apply(placeOp, inputs, { shape: inputs[0].shape.map((n, i) => (i === axis ? at : n)), value: 0, regions })
  },
})

/** Tensors one after another along `axis`. @throws ShapeError where other sizes differ or there is none */
export function concat(tensors: readonly TensorLike[], axis = 0): Tensor {
  demandList('concat', tensors)
  if (!tensors.length) throw new ShapeError('concat: at least one tensor required')
  const list = Array.from(tensors, (t) => asTensor(t))
  const dtype = list.map((t) => t.dtype).reduce(promote)
  if (!list[0].rank || list.some((t) => t.rank !== list[0].rank))
    throw new ShapeError(`concat: equal ranks of at least 1 required, got ${showAll(list)}; use stack for scalars`)
  const at = axisOf('concat', list[0], axis)
  return list.length === 1
    ? list[0]
    : apply(
        concatOp,
        list.map((t) => cast(t, dtype)),
        { axis: at },
      )
}
