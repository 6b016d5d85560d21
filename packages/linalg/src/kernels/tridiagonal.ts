import type { Tools } from './kernel.ts'
import { copy, dense, fill, from, matrixRoom, roomOf, turned, type Matrix } from './matrix.ts'
import { BLOCK } from './reflections.ts'
import { dot, reflector } from './reflector.ts'

/** A symmetric matrix as Q T Q^T. */
export interface Tridiagonal {
  /** The diagonal of T, and what is beside it. */
  readonly d: Float64Array
  readonly e: Float64Array
  /** The reflections of Q: columns below the diagonal, 0 above. */
  readonly v: Matrix
  readonly taus: Float64Array
}

/** Sizes up to which the matrix is brought up to date at each column. */
const SMALL = 24
/** Columns of a reduction, after which the rest of the matrix is brought up to date. */
export const reductionBlock = (n: number): number => (n > SMALL ? BLOCK : 1)

/** What `createTridiagonal` takes. */
export const tridiagonalRoom = (n: number): number => {
  const width = 2 * reductionBlock(n)
  return matrixRoom(n, n) + 2 * roomOf(n * width) + 5 * roomOf(n) + roomOf(width)
}

/** Gives reductions of symmetric matrices, which it uses up. Within a block of columns what reflections do is kept as
 * A - L R^T, for L = [V W] and R = [W V].
 * @see J. J. Dongarra, D. C. Sorensen, S. J. Hammarling, "Block reduction of matrices to condensed forms for eigenvalue
 * computations", 1989, https://doi.org/10.1016/0377-0427(89)90367-1 */
export function createTridiagonal({ blas, room }: Tools, n: number): (a: Matrix) => Tridiagonal {
  const block = reductionBlock(n)
  const width = 2 * block
  const v = room.matrix(n, n)
  const [d, e, taus, x, w] = Array.from({ length: 5 }, () => room.take(n))
  const left = dense(room.take(n * width), width)
  const right = dense(room.take(n * width), width)
  const sums = dense(room.take(width), 1)
  const vector = dense(x, 1)
  const image = dense(w, 1)

  /** Reflects column j: A v, less what the block has changed of it, is w but for a multiple of v. */
  const column = (a: Matrix, j: number, begin: number): void => {
    const own = from(a, j, j)
    const i = j - begin
    const count = n - j - 1
    if (i > 0) blas.gemm(n - j, 1, width, -1, from(left, j, 0), turned(from(right, j, 0)), 1, own)
    d[j] = a.data[own.at]
    copy(from(own, 1, 0), vector, count, 1)
    const [tau, beta] = reflector(x, 0, count)
    taus[j] = tau
    e[j] = beta
    copy(vector, from(v, j + 1, j), count, 1)
    blas.gemm(count, 1, count, tau, from(own, 1, 1), vector, 0, image)
    if (i > 0) {
      blas.gemm(width, 1, count, 1, turned(from(right, j + 1, 0)), vector, 0, sums)
      blas.gemm(count, 1, width, -tau, from(left, j + 1, 0), sums, 1, image)
    }
    const half = (tau * dot(w, 0, x, 0, count)) / 2
    for (let k = 0; k < count; k++) w[k] -= half * x[k]
    copy(vector, from(left, j + 1, i), count, 1)
    copy(image, from(left, j + 1, block + i), count, 1)
    copy(image, from(right, j + 1, i), count, 1)
    copy(vector, from(right, j + 1, block + i), count, 1)
  }

  return (a) => {
    fill(v, n, n, 0)
    for (let begin = 0; begin < n - 1; begin += block) {
      const end = Math.min(n - 1, begin + block)
      left.data.fill(0)
      right.data.fill(0)
      for (let j = begin; j < end; j++) column(a, j, begin)
      const rest = n - end
      blas.gemm(rest, rest, width, -1, from(left, end, 0), turned(from(right, end, 0)), 1, from(a, end, end))
    }
    if (n > 0) d[n - 1] = a.data[from(a, n - 1, n - 1).at]
    return { d, e, v, taus }
  }
}
