import {
  add,
  apply,
  applyAll,
  concat,
  defineOp,
  equal,
  cast,
  matmul,
  sub,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { iota } from '@gradloom/core/extend'
import { eye, tril, triu } from '@gradloom/ops'
import type { Named } from '../kernels/kernel.ts'
import { asFloats, columnsOf, matrixSize, rowsOf, swap } from './shape.ts'
import { luFactorOp } from './solve.ts'
import { triangularSolveOp } from './triangularSolve.ts'

/** L^-T B for a unit lower L. */
const underL = (l: Tensor, b: Tensor): Tensor =>
  apply(triangularSolveOp, [l, b], { lower: true, transpose: true, unitDiagonal: true, name: 'lu' })
/** B U^-T for an upper U. */
const overU = (b: Tensor, u: Tensor): Tensor =>
  swap(apply(triangularSolveOp, [u, swap(b)], { lower: false, transpose: false, unitDiagonal: false, name: 'lu' }))

/** The gradient of the rows in their new order. */
function ordered(l: Tensor, u: Tensor, gl: Tensor, gu: Tensor): Tensor {
  const m = l.shape.at(-2)!
  const n = u.shape.at(-1)!
  const k = Math.min(m, n)
  const square = (lower: Tensor, upper: Tensor, gradL: Tensor, gradU: Tensor): Tensor =>
    overU(underL(lower, add(tril(matmul(swap(lower), gradL), -1), triu(matmul(gradU, swap(upper))))), upper)
  if (m > k) {
    const below = overU(rowsOf(gl, k, m), u)
    const gradU = sub(gu, matmul(swap(rowsOf(l, k, m)), below))
    return concat([square(rowsOf(l, 0, k), u, rowsOf(gl, 0, k), gradU), below], -2)
  }
  if (n > k) {
    const beside = underL(l, columnsOf(gu, k, n))
    const gradL = sub(gl, matmul(beside, swap(columnsOf(u, k, n))))
    return concat([square(l, columnsOf(u, 0, k), gradL, columnsOf(gu, 0, k)), beside], -1)
  }
  return square(l, u, gl, gu)
}

export const luOp: Op<Named> = defineOp<Named>({
  name: 'lu',
  infer: ([a], { name }) => {
    const [m, n] = matrixSize(name, a)
    const k = m === -1 || n === -1 ? -1 : Math.min(m, n)
    const axes = a.shape.slice(0, -2)
    const of = (r: number, c: number) => ({ shape: [...axes, r, c], dtype: a.dtype })
    return [of(m, m), of(m, k), of(k, n)]
  },
  decompose: ([a], attrs) => {
    const [m, n] = a.shape.slice(-2)
    const k = Math.min(m, n)
    const [factors, order] = applyAll(luFactorOp, [a], attrs)
    // Column j of the permutation has its one where row j came from.
    const p = equal(iota([m]).expandDims(1), order.expandDims(-2))
    const l = add(tril(columnsOf(factors, 0, k), -1), eye(m, k, { dtype: a.dtype }))
    return [cast(p, a.dtype), l, triu(rowsOf(factors, 0, k))]
  },
  vjp: ({ outputs: [p, l, u], cotangents: [, gl, gu] }) => [matmul(p, ordered(l, u, gl, gu))],
})

/** A = P L U with partial pivoting: P a permutation `[..., m, m]`, L unit lower `[..., m, k]`, U upper `[..., k, n]`,
 * k = min(m, n). The gradient takes P as it is, and needs the leading k x k part of U invertible.
 * @throws ShapeError, DTypeError; while running, LinalgError for what is not finite
 * @see F. de Hoog et al., "The derivatives of the LU factorisation", 2011 (square); blocks of it for other shapes
 * @example const { p, l, u } = lu([[1, 2], [3, 4]]) */
export function lu(a: TensorLike): { p: Tensor; l: Tensor; u: Tensor } {
  const [p, l, u] = applyAll(luOp, asFloats(a), { name: 'lu' })
  return { p, l, u }
}
