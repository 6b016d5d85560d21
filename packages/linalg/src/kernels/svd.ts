import { bidiagonalRoom, createBidiagonal } from './bidiagonal.ts'
import { stackKernel, type Kernel, type Place, type Tools } from './kernel.ts'
import { copy, dense, fill, from, matrixRoom, turned } from './matrix.ts'
import { createQr, qrRoom } from './qr.ts'
import { createReflections, reflectionsRoom } from './reflections.ts'
import { EPSILON, length, scaleDown, scaleOf, untilDiagonal, wilkinson } from './rotation.ts'
import { createSweeps, sweepsRoom, type Sweeps } from './sweeps.ts'

/** An upper bidiagonal matrix, and what turns along with it: left and right vectors, a row each. */
interface Turning {
  readonly d: Float64Array
  readonly e: Float64Array
  readonly left: Sweeps | null
  readonly right: Sweeps | null
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
    left?.pair(k, j, c, -s)
  }
}

function sweep({ d, e, left, right }: Turning, begin: number, end: number): void {
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

/** What `createSvd` takes. */
export function svdRoom(m: number, n: number): number {
  const [long, k] = [Math.max(m, n), Math.min(m, n)]
  const matrices = 2 * matrixRoom(long, k) + matrixRoom(k, long) + 2 * matrixRoom(k, k)
  return matrices + qrRoom(long, k) + bidiagonalRoom(long, k) + reflectionsRoom(k) + 2 * sweepsRoom(k)
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
  const reduce = createBidiagonal(tools, rows, k)
  const left = room.matrix(k, rows)
  const right = room.matrix(k, k)
  const reflections = createReflections(blas, room, k)
  const sweeps = [createSweeps(blas, room, left, k, rows), createSweeps(blas, room, right, k, k)]
  return (given, s, u, vh, place) => {
    const scale = scaleOf(given)
    scaleDown(given, scale)
    const high = isWide ? turned(dense(given, n)) : dense(given, n)
    if (tall) tall.factor(high, tall.q, a)
    else copy(high, a, rows, k)
    const b = reduce(a)
    const { d, e } = b
    for (const side of sweeps) side.clear()
    if (isWhole) {
      fill(right, k, k, 1)
      reflections.basis(b.left.v, b.left.taus, k, turned(left), rows, k)
      reflections.basis(from(b.right.v, 1, 0), b.right.taus, k - 1, turned(from(right, 1, 1)), k - 1, k - 1)
    }
    diagonalise({ d, e, left: isWhole ? sweeps[0] : null, right: isWhole ? sweeps[1] : null }, place)
    for (const side of sweeps) side.flush()
    if (tall && isWhole) blas.gemm(long, k, k, 1, tall.q, turned(left), 0, tall.whole)
    const first = tall ? turned(tall.whole) : left
    const [x, y] = isWide ? [right, first] : [first, right]
    const order = Array.from(d.keys()).sort((i, j) => Math.abs(d[j]) - Math.abs(d[i]))
    order.forEach((at, to) => {
      const sign = d[at] < 0 ? -1 : 1
      s[to] = sign * d[at] * scale
      if (!u || !vh) return
      copy(turned(from(x, at, 0)), from(dense(u, k), 0, to), m, 1)
      if (sign < 0) for (let i = 0; i < m; i++) u[i * k + to] *= -1
      copy(from(y, at, 0), from(dense(vh, n), to, 0), 1, n)
    })
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
