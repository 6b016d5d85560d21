import type { Place } from './kernel.ts'
import { centred, realSchur } from './schur.ts'

/** Complex numbers, their parts apart. */
export interface Pair {
  readonly re: Float64Array
  readonly im: Float64Array
}

export const pair = (size: number): Pair => ({ re: new Float64Array(size), im: new Float64Array(size) })

/** A = U T U^H, T upper triangular, U unitary. */
export interface ComplexSchur {
  readonly t: Pair
  readonly u: Pair
}

/** From the real form, a rotation for each block of conjugate eigenvalues.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 7.1.3 */
export function complexSchur(a: Float64Array, n: number, name: string, place: Place): ComplexSchur {
  const t = { re: a.slice(), im: new Float64Array(n * n) }
  const u = { re: realSchur(t.re, n, name, place), im: new Float64Array(n * n) }
  for (let k = 0; k < n - 1; k++) {
    const at = k * n + k
    if (t.re[at + n] === 0) continue
    // The block's eigenvalue of positive imaginary part, less its last element: an eigenvector is (mu, below). What an
    // earlier block left in it are reals, since blocks do not meet.
    const [half, below, inner] = centred(t.re, n, k)
    const im = Math.sqrt(Math.max(0, -inner))
    const r = Math.hypot(half, im, below)
    turn(t, u, n, k, half / r, im / r, below / r)
    t.re[at + n] = 0
    t.im[at + n] = 0
  }
  return { t, u }
}

/** By the unitary matrix whose columns are (c, s) and (-s, conj c), c = cr + i ci. */
function turn(t: Pair, u: Pair, n: number, k: number, cr: number, ci: number, s: number): void {
  for (let j = k; j < n; j++) {
    const p = k * n + j
    const q = p + n
    const [xr, xi, yr, yi] = [t.re[p], t.im[p], t.re[q], t.im[q]]
    t.re[p] = cr * xr + ci * xi + s * yr
    t.im[p] = cr * xi - ci * xr + s * yi
    t.re[q] = cr * yr - ci * yi - s * xr
    t.im[q] = cr * yi + ci * yr - s * xi
  }
  for (const m of [t, u]) {
    for (let i = 0; i < (m === t ? k + 2 : n); i++) {
      const p = i * n + k
      const [xr, xi, yr, yi] = [m.re[p], m.im[p], m.re[p + 1], m.im[p + 1]]
      m.re[p] = cr * xr - ci * xi + s * yr
      m.im[p] = cr * xi + ci * xr + s * yi
      m.re[p + 1] = cr * yr + ci * yi - s * xr
      m.im[p + 1] = cr * yi - ci * yr - s * xi
    }
  }
}

/** Divides element i of x by a complex number. */
export function divide(x: Pair, i: number, re: number, im: number): void {
  // Smith's way keeps squares in range.
  const [xr, xi] = [x.re[i], x.im[i]]
  if (Math.abs(re) >= Math.abs(im)) {
    const ratio = im / re
    const by = re + im * ratio
    x.re[i] = (xr + xi * ratio) / by
    x.im[i] = (xi - xr * ratio) / by
    return
  }
  const ratio = re / im
  const by = re * ratio + im
  x.re[i] = (xr * ratio + xi) / by
  x.im[i] = (xi * ratio - xr) / by
}
