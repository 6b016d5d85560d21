import { DTypeError, ShapeError } from '../errors.ts'
import { defineOp, type Op, type OpDefinition } from '../graph/op.ts'
import type { Meta } from '../graph/meta.ts'
import { apply, asTensor } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import type { ReduceKind } from '../plan/plan.ts'
import { settings } from '../settings.ts'
import { normalizeAxes, show, sizeOf } from '../shape.ts'
import { div, mul } from './arithmetic.ts'
import { asFloats, asNumbers, cast } from './cast.ts'
import { equal } from './compare.ts'
import { broadcastTo, expandDims } from './view.ts'

/** `axis`: one, many, or all where absent; negative counts from the end. `keepDims` leaves reduced axes with size 1. */
export interface ReduceOptions {
  readonly axis?: number | readonly number[] | null
  readonly keepDims?: boolean
}
export interface AxesAttrs {
  readonly axes: readonly number[]
}

/** What a reduction over `axes` leaves. */
export const reduced = ({ shape, dtype }: Meta, axes: readonly number[]): Meta => ({
  shape: shape.filter((_, i) => !axes.includes(i)),
  dtype,
})

/** A reduction primitive; with `required` it has no value over an empty axis. */
export const reduction = (kind: ReduceKind, rest: Partial<OpDefinition<AxesAttrs>>, required = false): Op<AxesAttrs> =>
  defineOp<AxesAttrs>({
    name: kind,
    infer: ([x], { axes }) => {
      if (required && axes.some((a) => x.shape[a] === 0))
        throw new ShapeError(`${kind}: a non-empty axis required, got ${show(x.shape)}`)
      return reduced(kind.startsWith('arg') ? { shape: x.shape, dtype: 'int32' } : x, axes)
    },
    form: { kind: 'reduce', reduce: ({ axes }) => ({ kind, axes }) },
    ...rest,
  })

/** What `body` makes of x over the axes that `options` name. */
export function reduceWith(
  name: string,
  x: TensorLike,
  options: ReduceOptions | undefined,
  body: (t: Tensor, axes: readonly number[]) => Tensor,
): Tensor {
  const { axis, keepDims } = settings<Required<ReduceOptions>>(name, options, { axis: null, keepDims: false })
  const t = asTensor(x)
  const axes = normalizeAxes(name, axis, t.shape)
  const y = body(t, axes)
  return keepDims ? expandDims(y, axes) : y
}
/** Applies a reduction over the axes that `options` name. */
export const reduceBy = (op: Op<AxesAttrs>, x: TensorLike, options?: ReduceOptions): Tensor =>
  reduceWith(op.name, x, options, (t, axes) => (axes.length ? apply(op, [t], { axes }) : t))

/** x, as float32 if it is float16, which ends at 65504 and counts by ones to 2048: before squares, sums and counts. */
export const upcast = (x: Tensor): Tensor => (x.dtype === 'float16' ? cast(x, 'float32') : x)

/** y, from a reduction over `axes`, against the elements of x again. */
export const spread = (y: Tensor, x: Tensor, axes: readonly number[]): Tensor =>
  broadcastTo(expandDims(y, axes), x.shape)

const sumOp = reduction('sum', { vjp: ({ inputs: [x], cotangents: [g], attrs: { axes } }) => [spread(g, x, axes)] })

/** Ties share the gradient evenly: g / count at each extreme element. */
const extreme = (kind: 'max' | 'min'): Op<AxesAttrs> =>
  reduction(
    kind,
    {
      vjp: ({ inputs: [x], outputs: [y], cotangents: [g], attrs: { axes } }) => {
        const hit = cast(equal(x, spread(y, x, axes)), x.dtype)
        const share = div(upcast(g), sum(upcast(hit), { axis: axes }))
        return [mul(spread(cast(share, x.dtype), x, axes), hit)]
      },
    },
    true,
  )
const maxOp = extreme('max')
const minOp = extreme('min')

const meanOp: Op<AxesAttrs> = defineOp<AxesAttrs>({
  name: 'mean',
  infer: ([x], { axes }) => reduced(x, axes),
  decompose: ([x], { axes }) => cast(div(sum(upcast(x), { axis: axes }), sizeOf(axes.map((a) => x.shape[a]))), x.dtype),
})

/** Sum of elements; 0 over an empty axis. Bools sum as int32. */
export const sum = (x: TensorLike, options?: ReduceOptions): Tensor => reduceBy(sumOp, asNumbers(x), options)
/** Arithmetic mean, a float, divided in float32 where x is float16; NaN over an empty axis. */
export const mean = (x: TensorLike, options?: ReduceOptions): Tensor => reduceBy(meanOp, asFloats(x), options)
const ordered = (x: TensorLike, name: string): Tensor => {
  const t = asTensor(x)
  if (t.dtype === 'bool') throw new DTypeError(`${name}: numbers required, got bool; use any or all`)
  return t
}
/** Largest element; NaN if any is NaN. Ties share the gradient evenly. @throws ShapeError over an empty axis */
export const max = (x: TensorLike, options?: ReduceOptions): Tensor => reduceBy(maxOp, ordered(x, 'max'), options)
/** Smallest element; NaN if any is NaN. Ties share the gradient evenly. @throws ShapeError over an empty axis */
export const min = (x: TensorLike, options?: ReduceOptions): Tensor => reduceBy(minOp, ordered(x, 'min'), options)
