import type { Blas } from './blas.ts'
import { dense, fill, from, roomOf, turned, type Matrix, type Room } from './matrix.ts'

/** Reflections that are applied together. */
export const BLOCK = 32
/** Reflections that are applied one by one where there are no more. */
const FEW = 8

/** Applies reflections H_k = I - tau_k v_k v_k^T to matrices of at most some columns. */
export interface Reflections {
  readonly blas: Blas
  /** C -= tau v (v^T C) for C [m, n], v a column. */
  one(v: Matrix, tau: number, c: Matrix, m: number, n: number): void
  /** C = H C for C [m, n], or with H transposed; H = H_0 ... H_(count - 1), the v_k columns of V: 0 above the diagonal,
   * where they are 1. Theirs are the taus from `begin` on. */
  all(
    v: Matrix,
    taus: Float64Array,
    begin: number,
    count: number,
    c: Matrix,
    m: number,
    n: number,
    isTransposed: boolean,
  ): void
  /** The first n columns of H, [m, n], of `count` reflections. */
  basis(v: Matrix, taus: Float64Array, count: number, q: Matrix, m: number, n: number): void
}

export const reflectionsRoom = (columns: number): number => 2 * roomOf(BLOCK * BLOCK) + 2 * roomOf(BLOCK * columns)

/** H = I - V T V^T, with T triangular.
 * @see R. Schreiber, C. Van Loan, "A storage-efficient WY representation for products of Householder transformations",
 * 1989, https://doi.org/10.1137/0910005 */
export function createReflections(blas: Blas, room: Room, columns: number): Reflections {
  const t = room.take(BLOCK * BLOCK)
  const gram = room.take(BLOCK * BLOCK)
  const first = room.take(BLOCK * columns)
  const second = room.take(BLOCK * columns)

  /** Column j is -tau_j T (V^T v_j), with tau_j on the diagonal. */
  const triangle = (v: Matrix, taus: Float64Array, begin: number, count: number, m: number): Matrix => {
    const products = dense(gram, count)
    blas.gemm(count, count, m, 1, turned(v), v, 0, products)
    for (let j = 0; j < count; j++) {
      const tau = taus[begin + j]
      for (let i = 0; i < j; i++) {
        let sum = 0
        for (let k = i; k < j; k++) sum += t[i * count + k] * gram[k * count + j]
        t[i * count + j] = -tau * sum
        t[j * count + i] = 0
      }
      t[j * count + j] = tau
    }
    return dense(t, count)
  }
  const one: Reflections['one'] = (v, tau, c, m, n) => {
    if (tau === 0) return
    const sums = dense(first, 1)
    blas.gemm(n, 1, m, tau, turned(c), v, 0, sums)
    blas.gemm(m, n, 1, -1, v, turned(sums), 1, c)
  }
  const all: Reflections['all'] = (v, taus, begin, count, c, m, n, isTransposed) => {
    const made = triangle(v, taus, begin, count, m)
    const [x, y] = [dense(first, n), dense(second, n)]
    blas.gemm(count, n, m, 1, turned(v), c, 0, x)
    blas.gemm(count, n, count, 1, isTransposed ? turned(made) : made, x, 0, y)
    blas.gemm(m, n, count, -1, v, y, 1, c)
  }
  const basis: Reflections['basis'] = (v, taus, count, q, m, n) => {
    fill(q, m, n, 1)
    if (count <= FEW) {
      for (let k = count - 1; k >= 0; k--) one(from(v, k, k), taus[k], from(q, k, k), m - k, n - k)
      return
    }
    for (let end = count; end > 0;) {
      const begin = Math.floor((end - 1) / BLOCK) * BLOCK
      all(from(v, begin, begin), taus, begin, end - begin, from(q, begin, begin), m - begin, n - begin, false)
      end = begin
    }
  }
  return { blas, one, all, basis }
}
