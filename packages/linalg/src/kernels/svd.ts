import { bidiagonalRoom, createBidiagonal } from './bidiagonal.ts'
import { stackKernel, type Kernel, type Place, type Tools } from './kernel.ts'
import { createLookAhead, LONG_STEP, type Writing } from './lookAhead.ts'
import { copy, dense, fill, from, matrixRoom, roomOf, turned } from './matrix.ts'
import { createQr, qrRoom } from './qr.ts'
import { createReflections, reflectionsRoom } from './reflections.ts'
import { EPSILON, length, scaleDown, sortTo, untilDiagonal, wilkinson } from './rotation.ts'
import { createSweeps, sweepsRoom } from './sweeps.ts'

/** An implicit QR step on rows `begin` to `end` of an upper bidiagonal matrix; rows of what `left` and `right` turn go
 * along. Where a number on the diagonal is 0, a shift of 0 brings it to the end at once.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 8.6.2; J. Demmel, W. Kahan, "Accurate
 * singular values of bidiagonal matrices", 1990, https://doi.org/10.1137/0911052 */
function sweep(
  d: Float64Array,
  e: Float64Array,
  left: Writing,
  right: Writing,
  begin: number,
  end: number,
  shift: number,
): void {
  let toLeft = left.begin(begin, end - begin)
  let toRight = right.begin(begin, end - begin)
  let x = d[begin] === 0 ? 0 : d[begin] - shift / d[begin]
  let y = e[begin]
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

/** The square of a value of the last two rows from `begin` on. */
function shiftOf(d: Float64Array, e: Float64Array, begin: number, end: number): number {
  const beside = end - 1 > begin ? e[end - 2] : 0
  return wilkinson(d[end - 1] ** 2 + beside ** 2, d[end - 1] * e[end - 1], d[end] ** 2 + e[end - 1] ** 2)
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
  const ahead = createLookAhead((d, e, nowhere, end) => sweep(d, e, nowhere, nowhere, 0, end, shiftOf(d, e, 0, end)))
  return (given, s, u, vh, place) => {
    const scale = scaleDown(given)
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
    let least = 0
    for (let i = 0; i < k; i++) least = Math.max(least, EPSILON * (Math.abs(d[i]) + Math.abs(e[i])))
    untilDiagonal('svd', d, e, place, (begin, end) => {
      let isSingular = false
      for (let i = begin; i <= end; i++)
        if (Math.abs(d[i]) <= least) {
          d[i] = 0
          isSingular = true
        }
      const isLong = end - begin > LONG_STEP
      const shift = isSingular ? 0 : isLong ? ahead(d, e, end) ** 2 : shiftOf(d, e, begin, end)
      sweep(d, e, sweeps[0], sweeps[1], begin, end, shift)
    })
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
