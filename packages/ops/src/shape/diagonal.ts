import {
  add,
  apply,
  asTensor,
  cast,
  defineOp,
  equal,
  expandDims,
  type Op,
  pad,
  ShapeError,
  show,
  type Tensor,
  type TensorLike,
  transpose,
  where,
} from '@gradloom/core'
import { axisOf, grid, range, settings } from '@gradloom/core/extend'
import { checkOffset } from './offset.ts'

const diagonalOp: Op<{ k: number }> = defineOp<{ k: number }>({
  name: 'diagonal',
  infer: ({ 0: { shape, dtype } }, { k }) => {
    const [n, m] = shape.slice(-2)
    const length = n === -1 || m === -1 ? -1 : Math.max(0, Math.min(n, m, n + k, m - k))
    return { shape: [...shape.slice(0, -2), length], dtype }
  },
  form: {
    kind: 'view',
    view: ({ shape: { length: rank } }, { k }) =>
      range(rank).map((i) => ({
        from: Math.min(i, rank - 2),
        step: 1,
        offset: i === rank - 2 ? Math.max(0, -k) : i === rank - 1 ? Math.max(0, k) : 0,
      })),
  },
  vjp: ({ inputs: [x], cotangents: [g], attrs: { k } }) => [embedded(g, k, x.shape.at(-2)!, x.shape.at(-1)!)],
})

/** Last axes [d] to [n, m], d on the k-th diagonal and 0 elsewhere. */
function embedded(d: Tensor, k: number, n: number, m: number): Tensor {
  // Element i of d stands in row i where k >= 0, else in column i.
  const [row, column] = grid(n, m)
  const padded = pad(
    d,
    d.shape.map((size, i) => [0, i === d.rank - 1 ? (k < 0 ? m : n) - size : 0]),
  )
  return cast(where(equal(add(row, k), column), expandDims(padded, k < 0 ? -2 : -1), 0), d.dtype)
}

const diagOp: Op<{ k: number }> = defineOp<{ k: number }>({
  name: 'diag',
  infer: (
    [
      {
        shape: [d],
        dtype,
      },
    ],
    { k },
  ) => {
    const n = d === -1 ? -1 : d + Math.abs(k)
    return { shape: [n, n], dtype }
  },
  decompose: ([x], { k }) => embedded(x, k, x.shape[0] + Math.abs(k), x.shape[0] + Math.abs(k)),
  vjp: ({ cotangents: [g], attrs: { k } }) => [apply(diagonalOp, [g], { k })],
})

/** The k-th diagonal of the matrices that two axes (the first two) span, as a new last axis: x[i, i + k].
 * @throws ShapeError where there are fewer than two axes, or k is no whole number; NameError, SettingError */
export function diagonal(x: TensorLike, k = 0, options?: { readonly axes?: readonly [number, number] }): Tensor {
  const { axes } = settings<{ axes: readonly number[] }>('diagonal', options, { axes: [0, 1] })
  const t = asTensor(x)
  const [a, b] = axes.map((axis) => axisOf('diagonal', t, axis))
  checkOffset('diagonal', k)
  if (axes.length !== 2 || a === b)
    throw new ShapeError(`diagonal: two axes required, got [${axes}] for ${show(t.shape)}`)
  return apply(diagonalOp, [transpose(t, [...range(t.rank).filter((i) => i !== a && i !== b), a, b])], { k })
}

/** The square matrix with the vector x on its k-th diagonal, or the k-th diagonal of the matrix x. @throws ShapeError
 * for other ranks */
export function diag(x: TensorLike, k = 0): Tensor {
  const t = asTensor(x)
  if (t.rank !== 1 && t.rank !== 2)
    throw new ShapeError(`diag: a vector or matrix required, got ${show(t.shape)}; use diagonal`)
  checkOffset('diag', k)
  return t.rank === 1 ? apply(diagOp, [t], { k }) : diagonal(t, k)
}
