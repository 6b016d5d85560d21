import { LinalgError, ofMatrix } from '../errors.ts'
import { eachMatrix, stackSize, type Kernel, type Place } from './kernel.ts'
import { dot, reflect, reflector } from './reflector.ts'
import { EPSILON, MOST_SWEEPS, rotate, scaleDown, scaleOf, wilkinson } from './rotation.ts'

/** How far a matrix may be from symmetric, relative to its largest element: rounding of what was computed so. */
const ASYMMETRY = { float64: 1e-8, float32: 1e-3 }

/** A symmetric matrix as Q T Q^T, T tridiagonal: its diagonal, what is beside it, and the reflections of Q, a row each.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 8.3.1 */
function tridiagonal(
  a: Float64Array,
  n: number,
  d: Float64Array,
  e: Float64Array,
): [v: Float64Array, taus: Float64Array] {
  const vectors = new Float64Array(n * n)
  const taus = new Float64Array(n)
  const p = new Float64Array(n)
  for (let k = 0; k < n - 1; k++) {
    const at = k * n
    for (let i = k + 1; i < n; i++) vectors[at + i] = a[i * n + k]
    const [tau, beta] = reflector(vectors, at + k + 1, n - k - 1)
    taus[k] = tau
    e[k] = beta
    if (tau === 0) continue
    p.fill(0)
    for (let i = k + 1; i < n; i++) {
      const row = i * n
      const vi = vectors[at + i]
      const count = i - k - 1
      p[i] += a[row + i] * vi + dot(a, row + k + 1, vectors, at + k + 1, count)
      for (let j = k + 1; j < i; j++) p[j] += a[row + j] * vi
    }
    const half = (tau * tau * dot(p, k + 1, vectors, at + k + 1, n - k - 1)) / 2
    for (let i = k + 1; i < n; i++) p[i] = tau * p[i] - half * vectors[at + i]
    for (let i = k + 1; i < n; i++) {
      const row = i * n
      const vi = vectors[at + i]
      const pi = p[i]
      for (let j = k + 1; j <= i; j++) a[row + j] -= vi * p[j] + pi * vectors[at + j]
    }
  }
  for (let i = 0; i < n; i++) d[i] = a[i * n + i]
  return [vectors, taus]
}

/** Q^T from its reflections. */
function basisOf(vectors: Float64Array, taus: Float64Array, n: number): Float64Array {
  const q = new Float64Array(n * n)
  for (let i = 0; i < n; i++) q[i * n + i] = 1
  for (let k = n - 2; k >= 0; k--) {
    const at = k * n + k + 1
    if (taus[k] !== 0) for (let i = k + 1; i < n; i++) reflect(vectors, at, n - k - 1, taus[k], q, i * n + k + 1)
  }
  return q
}

/** Eigenvalues of a tridiagonal matrix in d by implicit QR steps; rows of z turn along.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 8.3.3 */
function diagonalise(d: Float64Array, e: Float64Array, z: Float64Array | null, name: string, place: Place): void {
  const n = d.length
  let left = MOST_SWEEPS * n
  let end = n - 1
  while (end > 0) {
    let begin = end
    while (begin > 0 && Math.abs(e[begin - 1]) > EPSILON * (Math.abs(d[begin - 1]) + Math.abs(d[begin]))) begin--
    if (begin > 0) e[begin - 1] = 0
    if (begin === end) {
      end--
      continue
    }
    if (left-- === 0)
      throw new LinalgError('NO_CONVERGENCE', `${name}: no convergence${ofMatrix(place.index, place.count)}; scale it`)
    sweep(d, e, z, begin, end)
  }
}

function sweep(d: Float64Array, e: Float64Array, z: Float64Array | null, begin: number, end: number): void {
  const n = d.length
  let x = d[begin] - wilkinson(d[end - 1], e[end - 1], d[end])
  let y = e[begin]
  for (let k = begin; k < end; k++) {
    const r = Math.hypot(x, y)
    const c = r === 0 ? 1 : x / r
    const s = r === 0 ? 0 : y / r
    if (k > begin) e[k - 1] = r
    const a = d[k]
    const b = d[k + 1]
    const off = e[k]
    const cross = 2 * c * s * off
    d[k] = c * c * a + cross + s * s * b
    d[k + 1] = s * s * a - cross + c * c * b
    e[k] = (c * c - s * s) * off + c * s * (b - a)
    if (k < end - 1) {
      x = e[k]
      y = s * e[k + 1]
      e[k + 1] *= c
    }
    if (z) rotate(z, k * n, k * n + n, n, c, s)
  }
}

/** Ascending eigenvalues of the symmetric a, which it uses up, and eigenvectors as columns. */
export function eigenSymmetric(
  a: Float64Array,
  n: number,
  values: Float64Array,
  vectors: Float64Array | null,
  name: string,
  place: Place,
): void {
  const scale = scaleOf(a)
  scaleDown(a, scale)
  const d = new Float64Array(n)
  const e = new Float64Array(n)
  const [reflections, taus] = tridiagonal(a, n, d, e)
  const z = vectors && basisOf(reflections, taus, n)
  diagonalise(d, e, z, name, place)
  const order = Array.from(d.keys()).sort((i, j) => d[i] - d[j])
  order.forEach((from, to) => {
    values[to] = d[from] * scale
    if (z && vectors) for (let i = 0; i < n; i++) vectors[i * n + to] = z[from * n + i]
  })
}

/** The symmetric part. @throws LinalgError for a matrix that is not symmetric */
function symmetrise(a: Float64Array, n: number, tolerance: number, name: string, place: Place): void {
  let most = 0
  let apart = 0
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      const x = a[i * n + j]
      const y = a[j * n + i]
      most = Math.max(most, Math.abs(x), Math.abs(y))
      apart = Math.max(apart, Math.abs(x - y))
      a[i * n + j] = 0.5 * x + 0.5 * y
    }
  if (apart > tolerance * most)
    throw new LinalgError(
      'NOT_SYMMETRIC',
      `${name}: a symmetric matrix required, got elements ${apart} apart${ofMatrix(place.index, place.count)}; ` +
        `take half its sum with its transpose, or use eig`,
    )
}

export const eigh: Kernel = ({ inputs: [x], outputs: [values, vectors] }) => {
  const n = x.shape.at(-1)!
  const tolerance = ASYMMETRY[x.dtype as 'float64']
  const outputs = vectors ? [values, vectors] : [values]
  eachMatrix('eigh', stackSize(x.shape), [x], outputs, ([a], [w, v], place) => {
    symmetrise(a, n, tolerance, 'eigh', place)
    eigenSymmetric(a, n, w, v ?? null, 'eigh', place)
  })
}
