import type { Blas } from './blas.ts'
import { dense, from, roomOf, turned, type Matrix, type Room } from './matrix.ts'
import { reflect } from './reflector.ts'

/** Reflections that are applied together. */
export const BLOCK = 16
/** Reflections that are applied one by one where there are no more. */
const FEW = 32
/** Numbers that are sooner reflected in a loop than handed over. */
const LITTLE = 256

/** Applies reflections H_k = I - tau_k v_k v_k^T to matrices of at most some rows and columns. The v_k are columns of a
 * matrix, each from its diagonal on, where it is 1; what is above means nothing. */
export interface Reflections {
  /** `reflect`, or by products. */
  one(v: Matrix, tau: number, c: Matrix, m: number, n: number): void
  /** C = H C for C [m, n], or with H transposed; H = H_0 ... H_(count - 1), with the taus from `begin` on. */
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
  /** Q = H Q for Q [m, n] that is 0 but on its diagonal, of `count` reflections. */
  basis(v: Matrix, taus: Float64Array, count: number, q: Matrix, m: number, n: number): void
}

export const reflectionsRoom = (rows: number, columns: number): number =>
  2 * roomOf(BLOCK * BLOCK) + 2 * roomOf(BLOCK * columns) + roomOf(BLOCK * rows)

/** H = I - V T V^T, with T triangular.
 * @see R. Schreiber, C. Van Loan, "A storage-efficient WY representation for products of Householder transformations",
 * 1989, https://doi.org/10.1137/0910005 */
export function createReflections(blas: Blas, room: Room, rows: number, columns: number): Reflections {
  const t = room.take(BLOCK * BLOCK)
  const gram = room.take(BLOCK * BLOCK)
  const first = room.take(BLOCK * columns)
  const second = room.take(BLOCK * columns)
  const panel = room.take(BLOCK * rows)

  /** The v_k with what is above them. */
  const whole = ({ data, at, row, column }: Matrix, m: number, count: number): Matrix => {
    for (let i = 0; i < m; i++)
      for (let j = 0; j < count; j++) panel[i * count + j] = i < j ? 0 : data[at + i * row + j * column]
    return dense(panel, count)
  }
  /** Column j is -tau_j T (V^T v_j), with tau_j on the diagonal. */
  const triangle = (v: Matrix, taus: Float64Array, begin: number, count: number, m: number): Matrix => {
    blas.gemm(count, count, m, 1, turned(v), v, 0, dense(gram, count))
    for (let j = 0; j < count; j++) {
      const tau = taus[begin + j]
      for (let i = 0; i < j; i++) {
        let sum = 0
        for (let k = i; k < j; k++) sum += t[i * count + k] * gram[j * count + k]
        t[i * count + j] = -tau * sum
        t[j * count + i] = 0
      }
      t[j * count + j] = tau
    }
    return dense(t, count)
  }
  const one: Reflections['one'] = (v, tau, c, m, n) => {
    if (tau === 0) return
    if (m * n <= LITTLE) return reflect(v, tau, c, m, n)
    const sums = dense(first, 1)
    blas.gemm(n, 1, m, tau, turned(c), v, 0, sums)
    blas.gemm(m, n, 1, -1, v, turned(sums), 1, c)
  }
  const all: Reflections['all'] = (v, taus, begin, count, c, m, n, isTransposed) => {
    const own = whole(v, m, count)
    const made = triangle(own, taus, begin, count, m)
    const [x, y] = [dense(first, n), dense(second, n)]
    blas.gemm(count, n, m, 1, turned(own), c, 0, x)
    blas.gemm(count, n, count, 1, isTransposed ? turned(made) : made, x, 0, y)
    blas.gemm(m, n, count, -1, own, y, 1, c)
  }
  const basis: Reflections['basis'] = (v, taus, count, q, m, n) => {
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
  return { one, all, basis }
}
