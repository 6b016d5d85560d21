import { LinalgError, ofMatrix } from '../errors.ts'
import { stackKernel, type Place, type Tools } from './kernel.ts'
import { copy, dense, fill, from, matrixRoom, multiply, roomOf, turned, type Matrix } from './matrix.ts'
import { factorQr, qrRoom } from './qr.ts'
import { BLOCK, createReflections, reflectionsRoom } from './reflections.ts'
import { reflector } from './reflector.ts'
import { EPSILON, length, MOST_SWEEPS, scaleDown, scaleOf, wilkinson } from './rotation.ts'
import { createSweeps, sweepsRoom, type Sweeps } from './sweeps.ts'

/** An upper bidiagonal matrix, and what turns along with it: left and right vectors, a row each. */
interface Bidiagonal {
  readonly d: Float64Array
  readonly e: Float64Array
  readonly left: Sweeps | null
  readonly right: Sweeps | null
}

/** Reflections of a side: columns of v, 0 above their first numbers. */
interface Side {
  readonly v: Matrix
  readonly taus: Float64Array
}

/** The m x n matrix a, m >= n, as U B V^T, B with d on its diagonal and e beside it. Uses a up. Within a block what
 * reflections do is kept as A - L R^T, for L = [V X] and R = [Y U], and A is brought up to date at its end.
 * @see J. J. Dongarra, D. C. Sorensen, S. J. Hammarling, "Block reduction of matrices to condensed forms for eigenvalue
 * computations", 1989, https://doi.org/10.1016/0377-0427(89)90367-1 */
function bidiagonal(
  { blas, room }: Tools,
  a: Matrix,
  m: number,
  n: number,
  d: Float64Array,
  e: Float64Array,
  onLeft: Side,
  onRight: Side,
): void {
  const taken = room.taken
  const block = Math.min(BLOCK, n)
  const width = 2 * block
  const left = dense(room.take(m * width), width)
  const right = dense(room.take(n * width), width)
  const x = dense(room.take(m), 1)
  const y = dense(room.take(n), 1)
  const sums = dense(room.take(width), 1)
  fill(onLeft.v, m, n, 0)
  fill(onRight.v, n, n, 0)
  for (let begin = 0; begin < n; begin += block) {
    const end = Math.min(n, begin + block)
    left.data.fill(0)
    right.data.fill(0)
    for (let j = begin; j < end; j++) {
      const i = j - begin
      const rows = m - j
      const column = from(a, j, j)
      if (i > 0) multiply(blas, rows, width, -1, from(left, j, 0), turned(from(right, j, 0)), 1, column)
      copy(column, x, rows, 1)
      const [tau, beta] = reflector(x.data, 0, rows)
      onLeft.taus[j] = tau
      d[j] = beta
      copy(x, from(onLeft.v, j, j), rows, 1)
      copy(x, from(left, j, i), rows, 1)
      const columns = n - j - 1
      if (columns === 0) break
      multiply(blas, columns, rows, tau, turned(from(column, 0, 1)), x, 0, y)
      multiply(blas, width, rows, 1, turned(from(left, j, 0)), x, 0, sums)
      multiply(blas, columns, width, -tau, from(right, j + 1, 0), sums, 1, y)
      copy(y, from(right, j + 1, i), columns, 1)

      const row = turned(from(column, 0, 1))
      multiply(blas, columns, width, -1, from(right, j + 1, 0), turned(from(left, j, 0)), 1, row)
      copy(row, y, columns, 1)
      const [rightTau, off] = reflector(y.data, 0, columns)
      onRight.taus[j] = rightTau
      e[j] = off
      copy(y, from(onRight.v, j + 1, j), columns, 1)
      copy(y, from(right, j + 1, block + i), columns, 1)
      multiply(blas, rows - 1, columns, rightTau, from(column, 1, 1), y, 0, x)
      multiply(blas, width, columns, 1, turned(from(right, j + 1, 0)), y, 0, sums)
      multiply(blas, rows - 1, width, -rightTau, from(left, j + 1, 0), sums, 1, x)
      copy(x, from(left, j + 1, block + i), rows - 1, 1)
    }
    const [down, across] = [m - end, n - end]
    blas.gemm(down, across, width, -1, from(left, end, 0), turned(from(right, end, 0)), 1, from(a, end, end))
  }
  room.free(taken)
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
function dropRow({ d, e, left }: Bidiagonal, k: number, end: number): void {
  let off = e[k]
  d[k] = 0
  e[k] = 0
  for (let j = k + 1; j <= end && off !== 0; j++) {
    const r = length(d[j], off)
    const c = d[j] / r
    const s = off / r
    d[j] = r
    off = -s * e[j]
    e[j] *= c
    left?.pair(k, j, c, -s)
  }
}

function sweep({ d, e, left, right }: Bidiagonal, begin: number, end: number): void {
  left?.begin(begin, end - begin)
  right?.begin(begin, end - begin)
  const beside = end - 1 > begin ? e[end - 2] : 0
  const shift = wilkinson(d[end - 1] ** 2 + beside ** 2, d[end - 1] * e[end - 1], d[end] ** 2 + e[end - 1] ** 2)
  let x = d[begin] * d[begin] - shift
  let y = d[begin] * e[begin]
  for (let k = begin; k < end; k++) {
    let r = length(x, y)
    let c = r === 0 ? 1 : x / r
    let s = r === 0 ? 0 : y / r
    if (k > begin) e[k - 1] = r
    x = c * d[k] + s * e[k]
    e[k] = c * e[k] - s * d[k]
    y = s * d[k + 1]
    d[k + 1] *= c
    right?.turn(c, s)
    r = length(x, y)
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
    left?.turn(c, s)
  }
}

/** Rows for a column from which a QR decomposition pays before the reduction. */
const TALL = 1.6

/** What `decompose` takes. */
export function svdRoom(m: number, n: number): number {
  const [long, k] = [Math.max(m, n), Math.min(m, n)]
  const width = 2 * Math.min(BLOCK, k)
  const panels = roomOf(long * width) + roomOf(k * width) + roomOf(long) + roomOf(k) + roomOf(width)
  const matrices = 3 * matrixRoom(long, k) + matrixRoom(k, long) + 3 * matrixRoom(k, k)
  return matrices + 4 * roomOf(k) + panels + qrRoom(long, k) + reflectionsRoom(k) + 2 * sweepsRoom(k)
}

/** The thin decomposition of an m x n matrix, k = min(m, n): u [m, k], s descending, vh [k, n]. */
export function decompose(
  tools: Tools,
  given: Float64Array,
  m: number,
  n: number,
  s: Float64Array,
  u: Float64Array | null,
  vh: Float64Array | null,
): void {
  const { blas, room, place } = tools
  const taken = room.taken
  const isWide = m < n
  const long = Math.max(m, n)
  const k = Math.min(m, n)
  const scale = scaleOf(given)
  scaleDown(given, scale)
  const high = isWide ? turned(dense(given, n)) : dense(given, n)
  const isTall = long > TALL * k
  const rows = isTall ? k : long
  const q = room.matrix(long, k)
  const a = room.matrix(rows, k)
  if (isTall) factorQr(tools, high, long, k, q, a)
  else copy(high, a, rows, k)

  const d = room.take(k)
  const e = room.take(k).fill(0)
  const onLeft = { v: room.matrix(rows, k), taus: room.take(k) }
  const onRight = { v: room.matrix(k, k), taus: room.take(k) }
  bidiagonal(tools, a, rows, k, d, e, onLeft, onRight)
  let left = room.matrix(k, rows)
  const right = room.matrix(k, k)
  const b: Bidiagonal = u
    ? { d, e, left: createSweeps(blas, room, left, k, rows), right: createSweeps(blas, room, right, k, k) }
    : { d, e, left: null, right: null }
  if (u) {
    const reflections = createReflections(blas, room, k)
    reflections.basis(onLeft.v, onLeft.taus, k, turned(left), rows, k)
    fill(right, k, k, 1)
    reflections.basis(from(onRight.v, 1, 0), onRight.taus, k - 1, turned(from(right, 1, 1)), k - 1, k - 1)
  }
  diagonalise(b, 'svd', place)
  b.left?.flush()
  b.right?.flush()
  if (u && isTall) {
    const whole = room.matrix(long, k)
    blas.gemm(long, k, k, 1, q, turned(left), 0, whole)
    left = turned(whole)
  }
  const order = Array.from(d.keys()).sort((i, j) => Math.abs(d[j]) - Math.abs(d[i]))
  order.forEach((at, to) => {
    const sign = d[at] < 0 ? -1 : 1
    s[to] = sign * d[at] * scale
    if (!u || !vh) return
    const [x, y] = isWide ? [right, left] : [left, right]
    copy(turned(from(x, at, 0)), from(dense(u, k), 0, to), m, 1)
    if (sign < 0) for (let i = 0; i < m; i++) u[i * k + to] *= -1
    copy(from(y, at, 0), from(dense(vh, n), to, 0), 1, n)
  })
  room.free(taken)
}

/** u, s and vh, or s alone where that is the only output. */
export const svd = stackKernel(
  'svd',
  ({ inputs: [{ shape }] }) => svdRoom(shape.at(-2)!, shape.at(-1)!),
  ({ inputs: [{ shape }], outputs }) => {
    const [m, n] = shape.slice(-2)
    return outputs.length > 1
      ? ([a], [u, s, vh], tools) => decompose(tools, a, m, n, s, u, vh)
      : ([a], [s], tools) => decompose(tools, a, m, n, s, null, null)
  },
)
