import { ShapeError } from '../errors.ts'
import { defineOp, type Op } from '../op.ts'
import { axisOf, range, show } from '../shape.ts'
import { apply, asTensor, type Tensor, type TensorLike } from '../tensor.ts'
import { add } from './arithmetic.ts'
import { equal } from './compare.ts'
import { grid } from './iota.ts'
import { pad } from './place.ts'
import { expandDims, transpose } from './view.ts'
import { where } from './where.ts'

const diagonalOp: Op<{ k: number }> = defineOp<{ k: number }>({
  name: 'diagonal',
  infer: ({ 0: { shape, dtype } }, { k }) => {
    const [n, m] = shape.slice(-2), length = n === -1 || m === -1 ? -1 : Math.max(0, Math.min(n, m, n + k, m - k))
    return { shape: [...shape.slice(0, -2), length], dtype }
  },
  view: ({ shape: { length: rank } }, { k }) => range(rank).map((i) =>
    ({ from: Math.min(i, rank - 2), step: 1, offset: i === rank - 2 ? Math.max(0, -k) : i === rank - 1 ? Math.max(0, k) : 0 })),
  vjp: ({ inputs: [x], cotangents: [g], attrs: { k } }) => [apply(diagOp, [g], { k, size: x.shape.slice(-2) })],
})

/** Last axes [d] to [n, m], d on the k-th diagonal and 0 elsewhere. `size` [n, m] may exceed what d needs. */
const diagOp: Op<{ k: number; size: readonly number[] | null }> = defineOp<{ k: number; size: readonly number[] | null }>({
  name: 'diag',
  infer: ([x], { k, size }) => {
    const d = x.shape[x.shape.length - 1], n = d === -1 ? -1 : d + Math.abs(k)
    return { shape: [...x.shape.slice(0, -1), ...(size ?? [n, n])], dtype: x.dtype }
  },
  decompose: ([x], { k, size }) => {
    const d = x.shape[x.rank - 1], [n, m] = size ?? [d + Math.abs(k), d + Math.abs(k)], [row, column] = grid(n, m)
    // Element i of d stands in row i where k >= 0, else in column i.
    const padded = pad(x, x.shape.map((_, i) => [0, i === x.rank - 1 ? (k < 0 ? m : n) - d : 0]))
    return where(equal(add(row, k), column), expandDims(padded, k < 0 ? -2 : -1), 0)
  },
  vjp: ({ cotangents: [g], attrs: { k } }) => [apply(diagonalOp, [g], { k })],
})

/** The k-th diagonal of the matrices that two axes (the first two) span, as a new last axis: x[i, i + k].
 * @throws ShapeError where there are fewer than two axes */
export function diagonal(x: TensorLike, k = 0, { axes = [0, 1] }: { axes?: readonly [number, number] } = {}): Tensor {
  const t = asTensor(x), [a, b] = axes.map((axis) => axisOf('diagonal', t, axis))
  if (a === b) throw new ShapeError(`diagonal: two axes required, got [${axes}] for ${show(t.shape)}`)
  return apply(diagonalOp, [transpose(t, [...range(t.rank).filter((i) => i !== a && i !== b), a, b])], { k })
}

/** The square matrix with the vector x on its k-th diagonal, or the k-th diagonal of the matrix x. @throws ShapeError for other ranks */
export function diag(x: TensorLike, k = 0): Tensor {
  const t = asTensor(x)
  if (t.rank !== 1 && t.rank !== 2) throw new ShapeError(`diag: a vector or matrix required, got ${show(t.shape)}; use diagonal`)
  return t.rank === 1 ? apply(diagOp, [t], { k, size: null }) : diagonal(t, k)
}
