import { reflectTo } from './condense.ts'
import { stackKernel, type Kernel, type Tools } from './kernel.ts'
import { copy, dense, fill, from, matrixRoom, roomOf, type Matrix } from './matrix.ts'
import { BLOCK, createReflections, reflectionsRoom } from './reflections.ts'

/** What `createQr` takes. */
export const qrRoom = (m: number, n: number): number =>
  matrixRoom(m, n) + 2 * roomOf(Math.min(m, n)) + reflectionsRoom(m, Math.max(n, BLOCK))

/** Gives Q [m, k] and R [k, n] of m x n matrices, k the smaller size, with no negative number on R's diagonal, by
 * Householder reflections of columns, a block of them at a time.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 5.2 */
export function createQr({ blas, room }: Tools, m: number, n: number): (a: Matrix, q: Matrix, r: Matrix) => void {
  const size = Math.min(m, n)
  const v = room.matrix(m, n)
  const taus = room.take(size)
  const diagonal = room.take(size)
  const { one, all, basis } = createReflections(blas, room, m, Math.max(n, BLOCK))
  return (a, q, r) => {
    copy(a, v, m, n)
    for (let begin = 0; begin < size; begin += BLOCK) {
      const end = Math.min(size, begin + BLOCK)
      for (let k = begin; k < end; k++) {
        const column = from(v, k, k)
        one(column, reflectTo(column, m - k, taus, diagonal, k), from(column, 0, 1), m - k, end - k - 1)
      }
      if (end < n) all(from(v, begin, begin), taus, begin, end - begin, from(v, begin, end), m - begin, n - end, true)
    }
    fill(q, m, size, 1)
    for (let k = 0; k < size; k++) {
      const sign = diagonal[k] < 0 ? -1 : 1
      const [own, row] = [v.at + k * v.row, r.at + k * r.row]
      q.data[q.at + k * (q.row + q.column)] = sign
      for (let j = 0; j < n; j++)
        r.data[row + j * r.column] = j < k ? 0 : sign * (j > k ? v.data[own + j] : diagonal[k])
    }
    basis(v, taus, size, q, m, size)
  }
}

export const qr: Kernel = /* @__PURE__ */ stackKernel(
  'qr',
  ({ inputs: [{ shape }] }) => qrRoom(shape.at(-2)!, shape.at(-1)!),
  ({ inputs: [{ shape }] }, tools) => {
    const [m, n] = shape.slice(-2)
    const factor = createQr(tools, m, n)
    return ([a], [q, r]) => factor(dense(a, n), dense(q, Math.min(m, n)), dense(r, n))
  },
)
