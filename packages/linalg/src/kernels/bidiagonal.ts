import type { Tools } from './kernel.ts'
import { copy, dense, fill, from, matrixRoom, roomOf, turned, type Matrix } from './matrix.ts'
import { reflector } from './reflector.ts'
import { reductionBlock } from './tridiagonal.ts'

/** Reflections of a side: columns of v, 0 above their first numbers. */
interface Side {
  readonly v: Matrix
  readonly taus: Float64Array
}

/** An m x n matrix, m >= n, as U B V^T. */
export interface Bidiagonal {
  /** The diagonal of B, and what is beside it. */
  readonly d: Float64Array
  readonly e: Float64Array
  /** The reflections of U and, from the second row on, of V. */
  readonly left: Side
  readonly right: Side
}

/** What `createBidiagonal` takes. */
export const bidiagonalRoom = (m: number, n: number): number => {
  const width = 2 * reductionBlock(n)
  const vectors = 5 * roomOf(n) + roomOf(m) + roomOf(width)
  return matrixRoom(m, n) + matrixRoom(n, n) + roomOf(m * width) + roomOf(n * width) + vectors
}

/** Gives reductions of m x n matrices, m >= n, which it uses up. Within a block what reflections do is kept as
 * A - L R^T, for L = [V X] and R = [Y U].
 * @see J. J. Dongarra, D. C. Sorensen, S. J. Hammarling, "Block reduction of matrices to condensed forms for eigenvalue
 * computations", 1989, https://doi.org/10.1016/0377-0427(89)90367-1 */
export function createBidiagonal({ blas, room }: Tools, m: number, n: number): (a: Matrix) => Bidiagonal {
  const block = reductionBlock(n)
  const width = 2 * block
  const left = { v: room.matrix(m, n), taus: room.take(n) }
  const right = { v: room.matrix(n, n), taus: room.take(n) }
  const [d, e] = [room.take(n), room.take(n)]
  const l = dense(room.take(m * width), width)
  const r = dense(room.take(n * width), width)
  const x = dense(room.take(m), 1)
  const y = dense(room.take(n), 1)
  const sums = dense(room.take(width), 1)

  const column = (a: Matrix, j: number, i: number): void => {
    const own = from(a, j, j)
    const rows = m - j
    const columns = n - j - 1
    if (i > 0) blas.gemm(rows, 1, width, -1, from(l, j, 0), turned(from(r, j, 0)), 1, own)
    copy(own, x, rows, 1)
    const [tau, beta] = reflector(x.data, 0, rows)
    left.taus[j] = tau
    d[j] = beta
    copy(x, from(left.v, j, j), rows, 1)
    copy(x, from(l, j, i), rows, 1)
    blas.gemm(columns, 1, rows, tau, turned(from(own, 0, 1)), x, 0, y)
    if (i > 0) {
      blas.gemm(width, 1, rows, 1, turned(from(l, j, 0)), x, 0, sums)
      blas.gemm(columns, 1, width, -tau, from(r, j + 1, 0), sums, 1, y)
    }
    copy(y, from(r, j + 1, i), columns, 1)
  }

  const row = (a: Matrix, j: number, i: number): void => {
    const own = turned(from(a, j, j + 1))
    const rows = m - j - 1
    const columns = n - j - 1
    blas.gemm(columns, 1, width, -1, from(r, j + 1, 0), turned(from(l, j, 0)), 1, own)
    copy(own, y, columns, 1)
    const [tau, beta] = reflector(y.data, 0, columns)
    right.taus[j] = tau
    e[j] = beta
    copy(y, from(right.v, j + 1, j), columns, 1)
    copy(y, from(r, j + 1, block + i), columns, 1)
    blas.gemm(rows, 1, columns, tau, from(a, j + 1, j + 1), y, 0, x)
    blas.gemm(width, 1, columns, 1, turned(from(r, j + 1, 0)), y, 0, sums)
    blas.gemm(rows, 1, width, -tau, from(l, j + 1, 0), sums, 1, x)
    copy(x, from(l, j + 1, block + i), rows, 1)
  }

  return (a) => {
    fill(left.v, m, n, 0)
    fill(right.v, n, n, 0)
    e.fill(0)
    for (let begin = 0; begin < n; begin += block) {
      const end = Math.min(n, begin + block)
      l.data.fill(0)
      r.data.fill(0)
      for (let j = begin; j < end; j++) {
        column(a, j, j - begin)
        if (j + 1 < n) row(a, j, j - begin)
      }
      blas.gemm(m - end, n - end, width, -1, from(l, end, 0), turned(from(r, end, 0)), 1, from(a, end, end))
    }
    return { d, e, left, right }
  }
}
