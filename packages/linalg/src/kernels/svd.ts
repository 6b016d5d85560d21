import { bidiagonalRoom, createBidiagonal } from './bidiagonal.ts'
import { stackKernel, type Kernel, type Place, type Tools } from './kernel.ts'
import { copy, dense, fill, from, matrixRoom, roomOf, turned } from './matrix.ts'
import { createQr, qrRoom } from './qr.ts'
import { createReflections, reflectionsRoom } from './reflections.ts'
import { EPSILON, length, scaleDown, scaleOf, sortTo, untilDiagonal, wilkinson } from './rotation.ts'
import { createSweeps, sweepsRoom, type Sweeps } from './sweeps.ts'

/** An upper bidiagonal matrix, and what turns along with it: left and right vectors, a row each. */
interface Turning {
  readonly d: Float64Array
  readonly e: Float64Array
  readonly left: Sweeps
  readonly right: Sweeps
}

/** Makes the matrix diagonal by implicit QR steps.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 8.6.2 */
function diagonalise(b: Turning, place: Place): void {
  const { d, e } = b
  let norm = 0
  for (let i = 0; i < d.length; i++) norm = Math.max(norm, Math.abs(d[i]) + Math.abs(e[i]))
  untilDiagonal('svd', d, e, place, (begin, end) => {
    let k = begin
    while (k < end && Math.abs(d[k]) > EPSILON * norm) k++
    if (k < end) dropRow(b, k, end)
    else sweep(b, begin, end)
  })
}

/** Where the diagonal is 0 in row k, takes what is beside it away. */
function dropRow({ d, e, left }: Turning, k: number, end: number): void {
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
    left.pair(k, j, c, -s)
  }
}

function sweep({ d, e, left, right }: Turning, begin: number, end: number): void {
  let toLeft = left.begin(begin, end - begin)
  let toRight = right.begin(begin, end - begin)
  const beside = end - 1 > begin ? e[end - 2] : 0
  const shift = wilkinson(d[end - 1] ** 2 + beside ** 2, d[end - 1] * e[end - 1], d[end] ** 2 + e[end - 1] ** 2)
  let x = d[begin] * d[begin] - shift
  let y = d[begin] * e[begin]
  for (let k = begin; k < end; k++) {
    let r = length(x, y)
    if (k > begin) e[k - 1] = r
    if (r === 0) x = r = 1
    let c = x / r
    let s = y / r
    right.list[toRight++] = c
    right.list[toRight++] = s
    // The next rotation is of what is r times as large, and need not wait for c and s.
    const along = x * d[k] + y * e[k]
    const across = y * d[k + 1]
    const root = length(along, across)
    e[k] = c * e[k] - s * d[k]
    d[k + 1] *= c
    d[k] = root / r
    c = root === 0 ? 1 : along / root
    s = root === 0 ? 0 : across / root
    const off = e[k]
    e[k] = c * off + s * d[k + 1]
    d[k + 1] = c * d[k + 1] - s * off
    left.list[toLeft++] = c
    left.list[toLeft++] = s
    if (k === end - 1) break
    x = e[k]
    y = s * e[k + 1]
    e[k + 1] *= c
  }
}

/** Rows for a column from which a QR decomposition pays before the reduction. */
const TALL = 1.6

/** What `createSvd` takes. */
export function svdRoom(m: number, n: number): number {
  const [long, k] = [Math.max(m, n), Math.min(m, n)]
  const matrices = 2 * matrixRoom(long, k) + matrixRoom(k, long) + 2 * matrixRoom(k, k)
  return matrices + qrRoom(long, k) + bidiagonalRoom(long, k) + reflectionsRoom(long, k) + 2 * sweepsRoom(k) + roomOf(k)
}

type Decompose = (
  a: Float64Array,
  s: Float64Array,
  u: Float64Array | null,
  vh: Float64Array | null,
  place: Place,
) => void

/** Gives the thin decomposition of m x n matrices, which it uses up, k = min(m, n): u [m, k], s descending, vh [k, n];
 * or s alone. */
export function createSvd(tools: Tools, m: number, n: number, isWhole: boolean): Decompose {
  const { blas, room } = tools
  const isWide = m < n
  const [long, k] = [Math.max(m, n), Math.min(m, n)]
  const isTall = long > TALL * k
  const rows = isTall ? k : long
  const a = room.matrix(rows, k)
  const tall = isTall
    ? { factor: createQr(tools, long, k), q: room.matrix(long, k), whole: room.matrix(long, k) }
    : null
  const left = room.matrix(k, rows)
  const right = room.matrix(k, k)
  const reflections = createReflections(blas, room, rows, k)
  const reduce = createBidiagonal(tools, reflections, rows, k)
  const sweeps = [createSweeps(blas, room, left, k), createSweeps(blas, room, right, k)]
  const order = room.take(k)
  return (given, s, u, vh, place) => {
    const scale = scaleOf(given)
    scaleDown(given, scale)
    const high = isWide ? turned(dense(given, n)) : dense(given, n)
    if (tall) tall.factor(high, tall.q, a)
    else copy(high, a, rows, k)
    const b = reduce(a)
    const { d, e } = b
    sweeps[0].start(isWhole ? rows : 0)
    sweeps[1].start(isWhole ? k : 0)
    if (isWhole) {
      fill(left, k, rows, 1)
      fill(right, k, k, 1)
      reflections.basis(b.left.v, b.left.taus, k, turned(left), rows, k)
      reflections.basis(b.right.v, b.right.taus, k - 1, turned(from(right, 1, 1)), k - 1, k - 1)
    }
    diagonalise({ d, e, left: sweeps[0], right: sweeps[1] }, place)
    for (const side of sweeps) side.flush()
    if (tall && isWhole) blas.gemm(long, k, k, 1, tall.q, turned(left), 0, tall.whole)
    const first = tall ? turned(tall.whole) : left
    const [x, y] = isWide ? [right, first] : [first, right]
    sortTo(order, (i, j) => Math.abs(d[i]) > Math.abs(d[j]))
    for (let to = 0; to < k; to++) {
      const at = order[to]
      const sign = d[at] < 0 ? -1 : 1
      s[to] = sign * d[at] * scale
      if (!u || !vh) continue
      copy(from(x, at, 0), turned(from(dense(u, k), 0, to)), 1, m)
      if (sign < 0) for (let i = 0; i < m; i++) u[i * k + to] *= -1
      copy(from(y, at, 0), from(dense(vh, n), to, 0), 1, n)
    }
  }
}

/** u, s and vh, or s alone where that is the only output. */
export const svd: Kernel = /* @__PURE__ */ stackKernel(
  'svd',
  ({ inputs: [{ shape }] }) => svdRoom(shape.at(-2)!, shape.at(-1)!),
  ({ inputs: [{ shape }], outputs }, tools) => {
    const [m, n] = shape.slice(-2)
    const isWhole = outputs.length > 1
    const decompose = createSvd(tools, m, n, isWhole)
    return ([a], out, place) =>
      isWhole ? decompose(a, out[1], out[0], out[2], place) : decompose(a, out[0], null, null, place)
  },
)
