import { LinalgError, ofMatrix } from '../errors.ts'
import { eachMatrix, stackSize, type Kernel, type Place } from './kernel.ts'
import { reflect, reflector, transposed } from './reflector.ts'
import { EPSILON, MOST_SWEEPS, rotate, scaleDown, scaleOf, wilkinson } from './rotation.ts'

/** An upper bidiagonal matrix, and what turns along with it: left and right vectors, a row each. */
interface Bidiagonal {
  readonly d: Float64Array
  readonly e: Float64Array
  readonly left: Float64Array | null
  readonly right: Float64Array | null
  /** Elements of a left vector. */
  readonly m: number
}

/** a as U B V^T, given its n columns of m >= n numbers, which it uses up.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 5.4.8 */
function bidiagonal(columns: Float64Array, m: number, n: number, wantVectors: boolean): Bidiagonal {
  const d = new Float64Array(n)
  const e = new Float64Array(n)
  const leftTaus = new Float64Array(n)
  const rightTaus = new Float64Array(n)
  const rows = new Float64Array(n * n)
  const sums = new Float64Array(m)
  for (let k = 0; k < n; k++) {
    const at = k * m + k
    const [tau, beta] = reflector(columns, at, m - k)
    leftTaus[k] = tau
    d[k] = beta
    for (let j = k + 1; j < n; j++) reflect(columns, at, m - k, tau, columns, j * m + k)
    if (k === n - 1) break
    const row = k * n
    for (let j = k + 1; j < n; j++) rows[row + j] = columns[j * m + k]
    const [rightTau, off] = reflector(rows, row + k + 1, n - k - 1)
    rightTaus[k] = rightTau
    e[k] = off
    if (rightTau !== 0) reflectRows(columns, m, n, k, rows, row, rightTau, sums)
  }
  if (!wantVectors) return { d, e, left: null, right: null, m }
  const left = new Float64Array(n * m)
  const right = new Float64Array(n * n)
  for (let k = n - 1; k >= 0; k--) {
    left[k * m + k] = 1
    right[k * n + k] = 1
    for (let j = k; j < n; j++) reflect(columns, k * m + k, m - k, leftTaus[k], left, j * m + k)
    for (let j = k + 1; j < n; j++) reflect(rows, k * n + k + 1, n - k - 1, rightTaus[k], right, j * n + k + 1)
  }
  return { d, e, left, right, m }
}

/** Reflects the rows after k by a vector over the columns after k. */
function reflectRows(
  columns: Float64Array,
  m: number,
  n: number,
  k: number,
  rows: Float64Array,
  row: number,
  tau: number,
  sums: Float64Array,
): void {
  sums.fill(0, k + 1)
  for (let j = k + 1; j < n; j++) {
    const v = rows[row + j]
    const at = j * m
    for (let i = k + 1; i < m; i++) sums[i] += v * columns[at + i]
  }
  for (let j = k + 1; j < n; j++) {
    const v = tau * rows[row + j]
    const at = j * m
    for (let i = k + 1; i < m; i++) columns[at + i] -= v * sums[i]
  }
}

/** Makes the matrix diagonal by implicit QR steps.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 8.6.2 */
function diagonalise(b: Bidiagonal, name: string, place: Place): void {
  const { d, e } = b
  const n = d.length
  let norm = 0
  for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(d[i]) + Math.abs(e[i]))
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
    const zero = d.subarray(begin, end).findIndex((v) => Math.abs(v) <= EPSILON * norm)
    if (zero >= 0) dropRow(b, begin + zero, end)
    else sweep(b, begin, end)
  }
}

/** Where the diagonal is 0 in row k, takes what is beside it away. */
function dropRow({ d, e, left, m }: Bidiagonal, k: number, end: number): void {
  let off = e[k]
  d[k] = 0
  e[k] = 0
  for (let j = k + 1; j <= end && off !== 0; j++) {
    const r = Math.hypot(d[j], off)
    const c = d[j] / r
    const s = off / r
    d[j] = r
    off = -s * e[j]
    e[j] *= c
    if (left) rotate(left, j * m, k * m, m, c, s)
  }
}

function sweep({ d, e, left, right, m }: Bidiagonal, begin: number, end: number): void {
  const n = d.length
  const beside = end - 1 > begin ? e[end - 2] : 0
  const shift = wilkinson(d[end - 1] ** 2 + beside ** 2, d[end - 1] * e[end - 1], d[end] ** 2 + e[end - 1] ** 2)
  let x = d[begin] * d[begin] - shift
  let y = d[begin] * e[begin]
  for (let k = begin; k < end; k++) {
    let r = Math.hypot(x, y)
    let c = r === 0 ? 1 : x / r
    let s = r === 0 ? 0 : y / r
    if (k > begin) e[k - 1] = r
    x = c * d[k] + s * e[k]
    e[k] = c * e[k] - s * d[k]
    y = s * d[k + 1]
    d[k + 1] *= c
    if (right) rotate(right, k * n, k * n + n, n, c, s)
    r = Math.hypot(x, y)
    c = r === 0 ? 1 : x / r
    s = r === 0 ? 0 : y / r
    d[k] = r
    const off = e[k]
    e[k] = c * off + s * d[k + 1]
    d[k + 1] = c * d[k + 1] - s * off
    if (k < end - 1) {
      x = e[k]
      y = s * e[k + 1]
      e[k + 1] *= c
    }
    if (left) rotate(left, k * m, k * m + m, m, c, s)
  }
}

/** The thin decomposition of an m x n matrix, k = min(m, n): u [m, k], s descending, vh [k, n]. */
export function decompose(
  a: Float64Array,
  m: number,
  n: number,
  s: Float64Array,
  u: Float64Array | null,
  vh: Float64Array | null,
  place: Place,
): void {
  const isWide = m < n
  const long = Math.max(m, n)
  const k = Math.min(m, n)
  const columns = isWide ? a.slice() : transposed(a, m, n)
  const scale = scaleOf(columns)
  scaleDown(columns, scale)
  const b = bidiagonal(columns, long, k, u !== null)
  diagonalise(b, 'svd', place)
  const order = Array.from(b.d.keys()).sort((i, j) => Math.abs(b.d[j]) - Math.abs(b.d[i]))
  order.forEach((from, to) => {
    const sign = b.d[from] < 0 ? -1 : 1
    s[to] = sign * b.d[from] * scale
    if (!u || !vh || !b.left || !b.right) return
    const [onLeft, onRight] = isWide ? [b.right, b.left] : [b.left, b.right]
    for (let i = 0; i < m; i++) u[i * k + to] = sign * onLeft[from * m + i]
    for (let j = 0; j < n; j++) vh[to * n + j] = onRight[from * n + j]
  })
}

/** u, s and vh, or s alone where that is the only output. */
export const svd: Kernel = ({ inputs: [x], outputs }) => {
  const [m, n] = x.shape.slice(-2)
  const isWhole = outputs.length > 1
  eachMatrix('svd', stackSize(x.shape), [x], outputs, ([a], out, place) => {
    if (isWhole) decompose(a, m, n, out[1], out[0], out[2], place)
    else decompose(a, m, n, out[0], null, null, place)
  })
}
