import { ShapeError } from '../errors.ts'
import { defineOp, type Op } from '../graph/op.ts'
import { apply, asTensor } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import { isKnown, show, type Shape } from '../shape.ts'
import { demandList } from '../settings.ts'
import { place } from './place.ts'
import { squeeze } from './view.ts'
import { flip } from './flip.ts'

/** NumPy's slice of an axis: `null` is all of it, an integer takes one element and drops the axis, `[start, end, step]`
 * with null for open ends; negative numbers count from the end. */
export type SliceSpec = null | number | readonly [start?: number | null, end?: number | null, step?: number]

type Range = readonly [number | null, number | null, number]
interface SliceAttrs {
  readonly specs: readonly Range[]
}

/** Start and count of a slice on an axis of n elements, clamped as NumPy does; an unknown count of an unknown n. */
function resolve([start, end, step]: Range, n: number): { start: number; count: number } {
  if (n === -1) return { start: 0, count: -1 }
  const [low, high] = step < 0 ? [-1, n - 1] : [0, n]
  const [first, last] = step < 0 ? [high, low] : [low, high]
  const clamp = (v: number | null, open: number): number =>
    v === null ? open : Math.min(Math.max(v < 0 ? v + n : v, low), high)
  const from = clamp(start, first)
  const to = clamp(end, last)
  return { start: from, count: Math.max(0, Math.ceil((to - from) / step)) }
}

const sliceOp: Op<SliceAttrs> = defineOp<SliceAttrs>({
  name: 'slice',
  infer: ([x], { specs }) => ({
    shape: x.shape.map((n, i) => resolve(specs[i], n).count),
    dtype: x.dtype,
  }),
  form: {
    kind: 'view',
    view: (x, { specs }) => x.shape.map((n, i) => ({ from: i, step: specs[i][2], offset: resolve(specs[i], n).start })),
  },
  vjp: ({ inputs: [x], cotangents: [g], attrs: { specs } }) => {
    const at = specs.map((s, i) => resolve(s, x.shape[i]))
    // A reversed axis is flipped back, so that regions are filled with positive steps only.
    const reversed = specs.flatMap(([, , step], i) => (step < 0 ? [i] : []))
    return [
      place(flip(g, reversed), x.shape, {
        offset: at.map(({ start, count }, i) => (specs[i][2] < 0 ? start + (count - 1) * specs[i][2] : start)),
        step: specs.map(([, , step]) => Math.abs(step)),
      }),
    ]
  },
  simplify: ([x], { specs }) =>
    x.shape.every((n, i) => specs[i][2] === 1 && resolve(specs[i], n).count === n) ? x : undefined,
})

/** The elements that `specs` name, one spec an axis; missing ones are whole. NumPy's basic indexing.
 * @throws ShapeError for an integer out of range, a step of 0, too many specs
 * @example slice(x, [null, [null, null, -1], 0]) // x[:, ::-1, 0] */
export function slice(x: TensorLike, specs: readonly SliceSpec[]): Tensor {
  const t = asTensor(x)
  const dropped: number[] = []
  demandList('slice', specs)
  if (specs.length > t.rank)
    throw new ShapeError(`slice: at most ${t.rank} specs allowed, got ${specs.length} for ${show(t.shape)}`)
  const ranges = t.shape.map((n, i): Range => {
    const s = specs[i] ?? []
    if (typeof s !== 'number') {
      demandList('slice', s)
      const [start = null, end = null, step = 1] = s
      if (!Number.isInteger(step) || !step || [start, end].some((v) => v !== null && !Number.isInteger(v)))
        throw new ShapeError(`slice: integers and a step other than 0 required, got ${show(s as Shape)}`)
      return [start, end, step]
    }
    if (!Number.isInteger(s) || (n !== -1 && (s < -n || s >= n)))
      throw new ShapeError(`slice: index ${s} is out of range for axis ${i} of ${show(t.shape)}`)
    dropped.push(i)
    return [s, s === -1 ? null : s + 1, 1]
  })
  if (isKnown(t.shape) && ranges.every(([a, b, step]) => a === null && b === null && step === 1)) return t
  return squeeze(apply(sliceOp, [t], { specs: ranges }), dropped)
}
