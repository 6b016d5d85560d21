import { LinalgError, ofMatrix } from '../errors.ts'
import { plainBlas } from './blas.ts'
import { eachMatrix, stackSize, type Kernel, type Place } from './kernel.ts'
import { dense, from, turned } from './matrix.ts'
import { reflect, reflector } from './reflector.ts'
import { EPSILON, MOST_SWEEPS, scaleDown } from './rotation.ts'

/** Steps after which what is rounding of the whole matrix counts as 0, beside small elements too: where eigenvalues are
 * equal, steps turn rounding into rounding. */
const PATIENCE = 12
/** What counts as 0 beside anything: numbers that rotations are made of keep all their digits.
 * @see LAPACK, xLAHQR */
const TINY = 2 ** -1022 / EPSILON

/** a as Q H Q^T, H without elements below those beside the diagonal; H in the place of a, and Q.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 7.4.3 */
function hessenberg(a: Float64Array, n: number): Float64Array {
  const q = new Float64Array(n * n)
  for (let i = 0; i < n; i++) q[i * n + i] = 1
  const v = new Float64Array(n)
  for (let k = 0; k < n - 2; k++) {
    const count = n - k - 1
    for (let i = 0; i < count; i++) v[i] = a[(k + 1 + i) * n + k]
    const [tau, beta] = reflector(v, 0, count)
    reflect(dense(v, 1), tau, from(dense(a, n), k + 1, k + 1), count, count)
    for (const x of [a, q]) reflect(dense(v, 1), tau, turned(from(dense(x, n), 0, k + 1)), count, n)
    a[(k + 1) * n + k] = beta
    for (let i = k + 2; i < n; i++) a[i * n + k] = 0
  }
  return q
}

/** One step with two shifts on rows and columns `begin` to `end`.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 7.5.5 */
function francis(
  h: Float64Array,
  q: Float64Array,
  n: number,
  begin: number,
  end: number,
  sum: number,
  det: number,
): void {
  const at = begin * n + begin
  const below = h[at + n]
  const v = new Float64Array(3)
  v[0] = h[at] * h[at] + h[at + 1] * below - sum * h[at] + det
  v[1] = below * (h[at] + h[at + n + 1] - sum)
  v[2] = below * h[at + 2 * n + 1]
  for (let k = begin; k < end; k++) {
    const count = Math.min(3, end - k + 1)
    if (k > begin) for (let i = 0; i < count; i++) v[i] = h[(k + i) * n + k - 1]
    const [tau, beta] = reflector(v, 0, count)
    if (k > begin) {
      h[k * n + k - 1] = beta
      for (let i = 1; i < count; i++) h[(k + i) * n + k - 1] = 0
    }
    const columns = (x: Float64Array, rows: number): void =>
      reflect(dense(v, 1), tau, turned(from(dense(x, n), 0, k)), count, rows)
    reflect(dense(v, 1), tau, from(dense(h, n), k, k), count, n - k)
    columns(h, Math.min(end, k + 3) + 1)
    columns(q, n)
  }
}

/** Of a 2 x 2 block over its largest part, so that squares stay in range: half the difference of its diagonal, what it
 * has below that, and the square of what its eigenvalues lie from their mean.
 * @see LAPACK, xLANV2 */
export function centred(h: Float64Array, n: number, k: number): readonly [half: number, below: number, inner: number] {
  const at = k * n + k
  const half = (h[at] - h[at + n + 1]) / 2
  const scale = Math.max(Math.abs(half), Math.abs(h[at + 1]), Math.abs(h[at + n]))
  const below = h[at + n] / scale
  return [half / scale, below, (half / scale) ** 2 + (h[at + 1] / scale) * below]
}

/** Turns rows and columns k and k + 1 so that a block with real eigenvalues becomes upper triangular. */
function split(h: Float64Array, q: Float64Array, n: number, k: number): void {
  const [half, below, inner] = centred(h, n, k)
  if (inner < 0) return
  // An eigenvector of the block: (x, below).
  const root = half < 0 ? half - Math.sqrt(inner) : half + Math.sqrt(inner)
  const r = Math.hypot(root, below)
  const c = root / r
  const s = below / r
  plainBlas.rotate(from(dense(h, n), k, k), n - k, Float64Array.of(0, 1, c, s), 4)
  for (const m of [h, q]) {
    for (let i = 0; i < (m === h ? k + 2 : n); i++) {
      const x = m[i * n + k]
      const y = m[i * n + k + 1]
      m[i * n + k] = c * x + s * y
      m[i * n + k + 1] = c * y - s * x
    }
  }
  h[(k + 1) * n + k] = 0
}

/** a as Q T Q^T: T in the place of a, upper triangular but for 2 x 2 blocks of conjugate eigenvalues. @returns Q */
export function realSchur(a: Float64Array, n: number, name: string, place: Place): Float64Array {
  const scale = scaleDown(a)
  const q = hessenberg(a, n)
  const norm = Math.sqrt(a.reduce((sum, v) => sum + v * v, 0))
  let left = MOST_SWEEPS * n
  let tries = 0
  let end = n - 1
  while (end > 0) {
    let begin = end
    for (; begin > 0; begin--) {
      const around = Math.abs(a[(begin - 1) * n + begin - 1]) + Math.abs(a[begin * n + begin])
      const least = Math.max(n * TINY, tries < PATIENCE ? EPSILON * around : 4 * EPSILON * norm)
      if (Math.abs(a[begin * n + begin - 1]) <= least) break
    }
    if (begin > 0) a[begin * n + begin - 1] = 0
    if (end - begin < 2) {
      if (end > begin) split(a, q, n, begin)
      end = begin - 1
      tries = 0
      continue
    }
    if (left-- === 0) throw new LinalgError('NO_CONVERGENCE', `${name}: no convergence${ofMatrix(place)}; scale it`)
    const at = end * n + end
    const off = Math.abs(a[at - 1]) + Math.abs(a[at - n - 2])
    // Every tenth time, shifts that have nothing to do with the eigenvalues break a cycle.
    const isOdd = ++tries % 10 === 0
    const sum = isOdd ? 1.5 * off : a[at] + a[at - n - 1]
    const det = isOdd ? off * off : a[at] * a[at - n - 1] - a[at - 1] * a[at - n]
    francis(a, q, n, begin, end, sum, det)
  }
  for (let i = 0; i < a.length; i++) a[i] *= scale
  return q
}

export const schur: Kernel = ({ inputs: [x], outputs: [t, z] }) => {
  const n = x.shape.at(-1)!
  eachMatrix('schur', stackSize(x.shape), [x], [t, z], ([a], [upper, basis], place) => {
    basis.set(realSchur(a, n, 'schur', place))
    upper.set(a)
  })
}
