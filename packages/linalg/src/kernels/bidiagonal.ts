import { condense, reflectTo, SMALL, WIDTH, type Side } from './condense.ts'
import type { Tools } from './kernel.ts'
import { dense, from, matrixRoom, roomOf, turned, type Matrix } from './matrix.ts'
import type { Reflections } from './reflections.ts'

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
export const bidiagonalRoom = (m: number, n: number): number =>
  4 * roomOf(n) + matrixRoom(2 * WIDTH, m) + matrixRoom(2 * WIDTH, n) + roomOf(2 * WIDTH)

/** Gives reductions of m x n matrices, m >= n, which hold their reflections afterwards. Within a block what
 * reflections do is kept as A - L R^T, for L = [v x ...] and R = [y u ...]. */
export function createBidiagonal(
  { blas, room }: Tools,
  { one }: Reflections,
  m: number,
  n: number,
): (a: Matrix) => Bidiagonal {
  const [d, e, lefts, rights] = Array.from({ length: 4 }, () => room.take(n))
  const l = room.matrix(2 * WIDTH, m)
  const r = room.matrix(2 * WIDTH, n)
  const sums = dense(room.take(2 * WIDTH), 1)

  return (a) => {
    let done = 0
    for (; n - done > SMALL; done += WIDTH) {
      for (let i = 0; i < WIDTH; i++) {
        const j = done + i
        const [rows, columns] = [m - j, n - j - 1]
        const [own, beside] = [from(l, 0, j), from(r, 0, j + 1)]
        condense(blas, from(a, j, j), rows, columns, own, from(r, 0, j), 2 * i, sums, lefts, d, j)
        const turn = turned(from(a, j, j + 1))
        condense(blas, turn, columns, rows - 1, beside, own, 2 * i + 1, sums, rights, e, j)
      }
      const end = done + WIDTH
      const [x, y] = [turned(from(l, 0, end)), from(r, 0, end)]
      blas.gemm(m - end, n - end, 2 * WIDTH, -1, x, y, 1, from(a, end, end))
    }
    for (let j = done; j < n; j++) {
      const [rows, columns] = [m - j, n - j - 1]
      const [own, rest] = [from(a, j, j), from(a, j, j + 1)]
      one(own, reflectTo(own, rows, lefts, d, j), rest, rows, columns)
      e[j] = 0
      if (columns === 0) break
      const tau = reflectTo(turned(rest), columns, rights, e, j)
      one(turned(rest), tau, turned(from(rest, 1, 0)), columns, rows - 1)
    }
    return { d, e, left: { v: a, taus: lefts }, right: { v: turned(from(a, 0, 1)), taus: rights } }
  }
}
