import { ShapeError } from '../errors.ts'
import { promote, roundTo } from '../dtype.ts'
import { defineOp, type Op, type Part } from '../op.ts'
import { normalizeAxis, show, type Shape } from '../shape.ts'
import { apply, asTensor, type Tensor, type TensorLike } from '../tensor.ts'
import { cast } from './cast.ts'
import { slice } from './slice.ts'

interface PlaceAttrs { readonly shape: Shape; readonly offset: readonly number[]; readonly step: readonly number[]; readonly value: number }

/** The transpose of slicing: x in a region of an array of `value`. */
const placeOp: Op<PlaceAttrs> = defineOp<PlaceAttrs>({
  name: 'place',
  infer: ([x], { shape }) => ({ shape, dtype: x.dtype }),
  assemble: ([x], { offset, step, value }) => ({ fill: roundTo(value, x.dtype), parts: [{ input: 0, offset, step }] }),
  vjp: ({ inputs: [x], cotangents: [g], attrs: { offset, step } }) =>
    [slice(g, x.shape.map((n, i) => [offset[i], offset[i] + (n - 1) * step[i] + 1, step[i]] as const))],
})

/** Shape `shape`, x at index offset + step * i along each axis, `value` elsewhere. Steps are positive. */
export const place = (x: Tensor, shape: Shape, at: Omit<PlaceAttrs, 'shape' | 'value'>, value = 0): Tensor =>
  apply(placeOp, [x], { shape, value, ...at })

const padOp: Op<{ widths: readonly (readonly [number, number])[]; value: number }> = defineOp<{ widths: readonly (readonly [number, number])[]; value: number }>({
  name: 'pad',
  infer: ([x], { widths }) => ({ shape: x.shape.map((n, i) => (n === -1 ? -1 : n + widths[i][0] + widths[i][1])), dtype: x.dtype }),
  decompose: ([x], { widths, value }) =>
    place(x, x.shape.map((n, i) => n + widths[i][0] + widths[i][1]), { offset: widths.map(([before]) => before), step: widths.map(() => 1) }, value),
})

/** x with `[before, after]` elements of `value` added along each axis. @throws ShapeError for negative widths or a pair missing */
export function pad(x: TensorLike, widths: readonly (readonly [number, number])[], { value = 0 }: { value?: number } = {}): Tensor {
  const t = asTensor(x)
  if (widths.length !== t.rank || widths.some((w) => w.length !== 2 || w.some((n) => !Number.isInteger(n) || n < 0))) {
    throw new ShapeError(`pad: a pair of non-negative widths an axis required, got [${widths.map((w) => `[${w}]`)}] for ${show(t.shape)}; use slice to remove`)
  }
  return widths.every(([a, b]) => !a && !b) ? t : apply(padOp, [t], { widths, value })
}

const concatOp: Op<{ axis: number }> = defineOp<{ axis: number }>({
  name: 'concat',
  infer: (inputs, { axis }) => {
    const [{ shape: first, dtype }] = inputs
    const shape = [...first]
    inputs.slice(1).forEach(({ shape: s }) => {
      if (s.length !== first.length || s.some((n, i) => i !== axis && n !== shape[i] && n !== -1 && shape[i] !== -1)) {
        throw new ShapeError(`concat: sizes must agree except along axis ${axis}, got ${show(...inputs.map((m) => m.shape))}`)
      }
      s.forEach((n, i) => { shape[i] = i === axis ? (n === -1 || shape[i] === -1 ? -1 : n + shape[i]) : Math.max(n, shape[i]) })
    })
    return { shape, dtype }
  },
  assemble: (inputs, { axis }) => {
    let at = 0
    return { fill: null, parts: inputs.map(({ shape }, input): Part => {
      const offset = shape.map((_, i) => (i === axis ? at : 0))
      at += shape[axis]
      return { input, offset, step: shape.map(() => 1) }
    }) }
  },
  vjp: ({ inputs, cotangents: [g], attrs: { axis } }) => {
    let at = 0
    return inputs.map(({ shape }) => slice(g, shape.map((n, i) => (i === axis ? [at, (at += n)] as const : null))))
  },
})

/** Tensors one after another along `axis`. @throws ShapeError where other sizes differ or there is none */
export function concat(tensors: readonly TensorLike[], axis = 0): Tensor {
  if (!tensors.length) throw new ShapeError('concat: at least one tensor required')
  const list = tensors.map((t) => asTensor(t)), dtype = list.map((t) => t.dtype).reduce(promote)
  if (!list[0].rank || list.some((t) => t.rank !== list[0].rank)) throw new ShapeError(`concat: equal ranks of at least 1 required, got ${show(...list.map((t) => t.shape))}; use stack for scalars`)
  const at = normalizeAxis('concat', axis, list[0].rank, list[0].shape)
  return list.length === 1 ? list[0] : apply(concatOp, list.map((t) => cast(t, dtype)), { axis: at })
}
