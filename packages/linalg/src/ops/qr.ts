import {
  add,
  apply,
  applyAll,
  concat,
  defineOp,
  matmul,
  sub,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { tril } from '@gradloom/ops'
import { rankTolerance } from './pinv.ts'
import { asFloats, columnsOf, matrixSize, swap } from './shape.ts'
import { triangularSolveOp } from './triangularSolve.ts'

export interface IndependentAttrs {
  /** Relative to the length of a column. */
  readonly tolerance: number
}

/** Upper triangles [..., k, k] as they are, once it is known that no column depends on those before it. */
export const independentOp: Op<IndependentAttrs> = defineOp<IndependentAttrs>({
  name: 'linalg/independent',
  risk: () => 'any',
  infer: ([r]) => r,
  vjp: ({ cotangents: [g] }) => [g],
})

/** A' = Q R' + (Q' - Q Q^T Q' + Q tril(M - M^T, -1)) R^-T, M = Q^T Q' - R' R^T, where R is square. Where Q is square,
 * Q' - Q Q^T Q' is 0, and what R^-T divides by its last number is too. */
function tall(q: Tensor, r: Tensor, gq: Tensor, gr: Tensor): Tensor {
  const share = matmul(swap(q), gq)
  const m = sub(share, matmul(gr, swap(r)))
  const turning = matmul(q, tril(sub(m, swap(m)), -1))
  const b = q.shape.at(-2) === q.shape.at(-1) ? turning : add(turning, sub(gq, matmul(q, share)))
  const attrs = { lower: false, transpose: false, unitDiagonal: false, name: 'qr' }
  return add(matmul(q, gr), swap(apply(triangularSolveOp, [r, swap(b)], attrs)))
}

export const qrOp: Op = defineOp({
  name: 'linalg/qr',
  risk: () => 'any',
  infer: ([a]) => {
    const [m, n] = matrixSize('qr', a)
    const k = m === -1 || n === -1 ? -1 : Math.min(m, n)
    const axes = a.shape.slice(0, -2)
    return [
      { shape: [...axes, m, k], dtype: a.dtype },
      { shape: [...axes, k, n], dtype: a.dtype },
    ]
  },
  vjp: ({ inputs: [a], outputs: [q, r], cotangents: [gq, gr] }) => {
    const [m, n] = a.shape.slice(-2)
    const first = columnsOf(r, 0, Math.min(m, n))
    const triangle = apply(independentOp, [first], { tolerance: rankTolerance(r.dtype, m, n) })
    if (m >= n) return [tall(q, triangle, gq, gr)]
    // The columns after the first m are Q times theirs of R.
    const rest = columnsOf(gr, m, n)
    const gradQ = add(gq, matmul(columnsOf(a, m, n), swap(rest)))
    return [concat([tall(q, triangle, gradQ, columnsOf(gr, 0, m)), matmul(q, rest)], -1)]
  },
})

/** A = Q R, Q `[..., m, k]` of orthonormal columns, R `[..., k, n]` upper triangular with no negative number on its
 * diagonal, k = min(m, n). The gradient needs the first k columns of A independent: what each has beside those
 * before it must be more than max(m, n) times the rounding of the dtype, relative to its length.
 * @throws ShapeError, DTypeError; while running, LinalgError for what is not finite, and in the gradient for dependent
 * columns
 * @see S. F. Walter, L. Lehmann, "Algorithmic differentiation of linear algebra functions", 2010,
 * https://arxiv.org/abs/1001.1654; D. A. O. Roberts, L. R. Roberts, "QR and LQ decomposition matrix backpropagation
 * algorithms for square, wide, and deep matrices", 2020, https://arxiv.org/abs/2009.10071
 * @example const { q, r } = qr([[1, 2], [3, 4], [5, 6]]) */
export function qr(a: TensorLike): { q: Tensor; r: Tensor } {
  const [q, r] = applyAll(qrOp, asFloats(a), undefined)
  return { q, r }
}
