import { condense, reflectTo, SMALL, WIDTH, type Side } from './condense.ts'
import type { Tools } from './kernel.ts'
import { copy, dense, from, matrixRoom, roomOf, turned, type Matrix } from './matrix.ts'

/** A symmetric matrix as Q T Q^T. */
export interface Tridiagonal extends Side {
  /** The diagonal of T, and what is beside it. */
  readonly d: Float64Array
  readonly e: Float64Array
}

/** What `createTridiagonal` takes. */
export const tridiagonalRoom = (n: number): number => 4 * roomOf(n) + 2 * matrixRoom(2 * WIDTH, n) + roomOf(2 * WIDTH)

/** Gives reductions of symmetric matrices, which hold their reflections afterwards: those of Q, from its second row on.
 * Within a block of rows what reflections do is kept as A - L R^T, for L = [v w ...] and R = [w v ...]. */
export function createTridiagonal({ blas, room }: Tools, n: number): (a: Matrix) => Tridiagonal {
  const [d, e, taus, w] = Array.from({ length: 4 }, () => room.take(n))
  const l = room.matrix(2 * WIDTH, n)
  const r = room.matrix(2 * WIDTH, n)
  const sums = dense(room.take(2 * WIDTH), 1)

  return (a) => {
    let done = 0
    for (; n - done > SMALL; done += WIDTH) {
      for (let i = 0; i < 2 * WIDTH; i += 2) {
        const j = done + i / 2
        const count = n - j - 1
        const [v, image] = [from(l, i, j + 1), from(r, i, j + 1)]
        d[j] = a.data[a.at + j * (a.row + 1)]
        for (let k = 0; k < i; k++) d[j] -= l.data[l.at + k * l.row + j] * r.data[r.at + k * r.row + j]
        condense(blas, turned(from(a, j, j + 1)), count, count, from(l, 0, j + 1), from(r, 0, j), i, sums, taus, e, j)
        centre(taus[j], v.data, v.at, image.data, image.at, count)
        copy(image, from(l, i + 1, j + 1), 1, count)
        copy(v, from(r, i + 1, j + 1), 1, count)
      }
      const rest = n - done - WIDTH
      const end = done + WIDTH
      blas.gemm(rest, rest, 2 * WIDTH, -1, turned(from(l, 0, end)), from(r, 0, end), 1, from(a, end, end))
    }
    for (let j = done; j < n; j++) {
      const own = from(a, j, j)
      const count = n - j - 1
      d[j] = a.data[own.at]
      if (count === 0) break
      const tau = reflectTo(turned(from(own, 0, 1)), count, taus, e, j)
      multiply(a.data, own.at + 1, a.row, count, tau, w)
      centre(tau, a.data, own.at + 1, w, 0, count)
      update(a.data, own.at + 1, a.row, count, w)
    }
    return { d, e, v: turned(from(a, 0, 1)), taus }
  }
}

/** w, tau A v, less the multiple of v that makes A - v w^T - w v^T the matrix reflected from both sides. */
function centre(tau: number, v: Float64Array, vAt: number, w: Float64Array, wAt: number, n: number): void {
  let half = 0
  for (let k = 0; k < n; k++) half += (tau / 2) * w[wAt + k] * v[vAt + k]
  for (let k = 0; k < n; k++) w[wAt + k] -= half * v[vAt + k]
}

/** w = tau A v, for v from `at` on and A, of which the upper triangle counts, in the rows below it. */
function multiply(a: Float64Array, at: number, row: number, n: number, tau: number, w: Float64Array): void {
  for (let i = 0; i < n; i++) w[i] = 0
  for (let i = 0; i < n; i++) {
    const of = at + (i + 1) * row
    const factor = tau * a[at + i]
    let sum = a[of + i] * a[at + i]
    for (let k = i + 1; k < n; k++) {
      sum += a[of + k] * a[at + k]
      w[k] += a[of + k] * factor
    }
    w[i] += tau * sum
  }
}

/** A -= v w^T + w v^T. */
function update(a: Float64Array, at: number, row: number, n: number, w: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const to = at + (i + 1) * row
    const x = a[at + i]
    const y = w[i]
    for (let k = i; k < n; k++) a[to + k] -= x * w[k] + y * a[at + k]
  }
}
