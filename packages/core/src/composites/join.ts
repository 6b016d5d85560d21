import { ShapeError } from '../errors.ts'
import { defineOp, type Op } from '../graph/op.ts'
import { alike, applyAll, asTensor } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import { agree, axisOf, checkShape, isCount, normalizeAxis, showAll } from '../shape.ts'
import { demandList } from '../settings.ts'
import { concat } from '../ops/place.ts'
import { slice } from '../ops/slice.ts'
import { expandDims } from '../ops/view.ts'

/** As many tensors as a graph can well hold. */
const MAX_PARTS = 2 ** 20

interface SplitAttrs {
  readonly parts: number | readonly number[]
  readonly axis: number
}

/** Sizes of the parts of an axis of n elements, which may be unknown. */
function sizesOf({ parts, axis }: SplitAttrs, n: number): readonly number[] {
  const sizes = typeof parts === 'number' ? new Array<number>(parts).fill(n === -1 ? -1 : n / parts) : parts
  if (n !== -1 && (!sizes.every(isCount) || sizes.reduce((a, b) => a + b, 0) !== n)) {
    throw new ShapeError(
      `split: ${typeof parts === 'number' ? `${parts} equal parts` : `sizes [${parts}]`} do not make up the ` +
        `${n} elements of axis ${axis}`,
    )
  }
  return sizes
}

const splitOp: Op<SplitAttrs> = defineOp<SplitAttrs>({
  name: 'split',
  infer: ([x], attrs) =>
    sizesOf(attrs, x.shape[attrs.axis]).map((size) => ({
      shape: x.shape.map((n, i) => (i === attrs.axis ? size : n)),
      dtype: x.dtype,
    })),
  decompose: ([x], attrs) => {
    let at = 0
    return sizesOf(attrs, x.shape[attrs.axis]).map((size) =>
      slice(
        x,
        x.shape.map((_, i) => (i === attrs.axis ? [at, (at += size)] : null)),
      ),
    )
  },
  vjp: ({ cotangents, attrs: { axis } }) => [concat(cotangents, axis)],
})

/** x cut along `axis` into a number of equal parts, or into parts of the given sizes.
 * @throws ShapeError where the parts do not make up the axis @example const [q, k, v] = split(x, 3, -1) */
export function split(x: TensorLike, parts: number | readonly number[], axis = 0): Tensor[] {
  const t = asTensor(x)
  const at = axisOf('split', t, axis)
  if (typeof parts !== 'number') checkShape('split', parts)
  const count = typeof parts === 'number' ? parts : parts.length
  if (!(isCount(count) && count >= 1 && count <= MAX_PARTS))
    throw new ShapeError(`split: 1 to ${MAX_PARTS} parts required, got ${count}`)
  return [...applyAll(splitOp, [t], { parts, axis: at })]
}

/** Tensors of one shape side by side along a new axis, which stands at `axis` in the result. @throws ShapeError where
 * shapes differ */
export const stack = (tensors: readonly TensorLike[], axis = 0): Tensor => {
  demandList('stack', tensors)
  // What a sparse array lacks is refused too.
  const list = alike(Array.from(tensors))
  const rank = list[0]?.rank ?? 0
  if (!list.every((t) => agree(t.shape, list[0].shape)))
    throw new ShapeError(`stack: equal shapes required, got ${showAll(list)}`)
  const at = normalizeAxis('stack', axis, rank + 1)
  return concat(
    list.map((t) => expandDims(t, at)),
    at,
  )
}
