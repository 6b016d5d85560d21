import { stackKernel, type Kernel, type Tools } from './kernel.ts'
import { copy, dense, fill, from, matrixRoom, roomOf, type Matrix } from './matrix.ts'
import { BLOCK, createReflections, reflectionsRoom, type Reflections } from './reflections.ts'
import { reflector } from './reflector.ts'

/** What `createQr` takes. */
export const qrRoom = (m: number, n: number): number =>
  matrixRoom(m, n) + roomOf(Math.min(m, n)) + reflectionsRoom(Math.max(n, BLOCK))

/** Gives Q [m, k] and R [k, n] of m x n matrices, k the smaller size, with no negative number on R's diagonal, by
 * Householder reflections of columns, a block of them at a time.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 5.2 */
export function createQr({ blas, room }: Tools, m: number, n: number): (a: Matrix, q: Matrix, r: Matrix) => void {
  const size = Math.min(m, n)
  const v = room.matrix(m, n)
  const taus = room.take(size)
  const reflections = createReflections(blas, room, Math.max(n, BLOCK))
  return (a, q, r) => {
    copy(a, v, m, n)
    fill(r, size, n, 0)
    for (let begin = 0; begin < size; begin += BLOCK) {
      const end = Math.min(size, begin + BLOCK)
      const panel = from(v, begin, begin)
      factorPanel(reflections, panel, taus, begin, m - begin, end - begin, from(r, begin, begin))
      if (end === n) break
      const rest = from(v, begin, end)
      reflections.all(panel, taus, begin, end - begin, rest, m - begin, n - end, true)
      copy(rest, from(r, begin, end), end - begin, n - end)
    }
    reflections.basis(v, taus, size, q, m, size)
    for (let k = 0; k < size; k++) {
      if (r.data[r.at + k * (r.row + 1)] >= 0) continue
      for (let j = k; j < n; j++) r.data[r.at + k * r.row + j] *= -1
      for (let i = 0; i < m; i++) q.data[q.at + i * q.row + k] *= -1
    }
  }
}

/** The reflections that make m x n numbers upper triangular, in their place; the triangle goes to r.
 * Theirs are the taus from `first` on. */
function factorPanel(
  reflections: Reflections,
  a: Matrix,
  taus: Float64Array,
  first: number,
  m: number,
  n: number,
  r: Matrix,
): void {
  for (let k = 0; k < n; k++) {
    const column = from(a, k, k)
    const [tau, beta] = reflector(a.data, column.at, m - k, a.row)
    taus[first + k] = tau
    r.data[r.at + k * (r.row + 1)] = beta
    if (k + 1 < n) reflections.one(column, tau, from(a, k, k + 1), m - k, n - k - 1)
  }
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      r.data[r.at + i * r.row + j] = a.data[a.at + i * a.row + j]
      a.data[a.at + i * a.row + j] = 0
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
