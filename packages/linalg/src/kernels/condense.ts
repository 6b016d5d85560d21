import type { Blas } from './blas.ts'
import { copy, from, turned, type Matrix } from './matrix.ts'
import { reflector } from './reflector.ts'

/** Sizes up to which a matrix is brought up to date at each reflection. */
export const SMALL = 32
/** Columns of a reduction, after which the rest of the matrix is brought up to date: no more than `SMALL`. */
export const WIDTH = 8

/** Reflections: columns of v from the diagonal on. */
export interface Side {
  readonly v: Matrix
  readonly taus: Float64Array
}

/** Makes reflection j of x, a column of n numbers, and of it what they become: element j of `to`. @returns its tau */
export function reflectTo(x: Matrix, n: number, taus: Float64Array, to: Float64Array, j: number): number {
  const [tau, beta] = reflector(x.data, x.at, n, x.row)
  taus[j] = tau
  to[j] = beta
  return tau
}

/** The same of the first column of A [m, n + 1] - L R^T, where the first `done` rows of `left` and `right` are columns
 * of L and R. Row `done` of `left` becomes the reflection's v, and that of `right`, but for its first element,
 * tau times the other columns' product with v. `sums` is scratch memory.
 * @see J. J. Dongarra, D. C. Sorensen, S. J. Hammarling, "Block reduction of matrices to condensed forms for eigenvalue
 * computations", 1989, https://doi.org/10.1016/0377-0427(89)90367-1 */
export function condense(
  blas: Blas,
  a: Matrix,
  m: number,
  n: number,
  left: Matrix,
  right: Matrix,
  done: number,
  sums: Matrix,
  taus: Float64Array,
  to: Float64Array,
  j: number,
): void {
  const [v, image, others] = [turned(from(left, done, 0)), turned(from(right, done, 1)), from(right, 0, 1)]
  if (done > 0) blas.gemm(m, 1, done, -1, turned(left), right, 1, a)
  const tau = reflectTo(a, m, taus, to, j)
  copy(a, v, m, 1)
  blas.gemm(n, 1, m, tau, turned(from(a, 0, 1)), v, 0, image)
  if (done === 0) return
  blas.gemm(done, 1, m, 1, left, v, 0, sums)
  blas.gemm(n, 1, done, -tau, turned(others), sums, 1, image)
}
