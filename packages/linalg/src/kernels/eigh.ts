import { LinalgError, ofMatrix } from '../errors.ts'
import { stackKernel, type Place, type Tools } from './kernel.ts'
import { copy, dense, fill, from, matrixRoom, multiply, roomOf, turned, type Matrix } from './matrix.ts'
import { BLOCK, createReflections, reflectionsRoom } from './reflections.ts'
import { dot, reflector } from './reflector.ts'
import { EPSILON, length, MOST_SWEEPS, scaleDown, scaleOf, wilkinson } from './rotation.ts'
import { createSweeps, sweepsRoom, type Sweeps } from './sweeps.ts'

/** How far a matrix may be from symmetric, relative to its largest element: rounding of what was computed so. */
const ASYMMETRY = { float64: 1e-8, float32: 1e-3 }

/** A symmetric matrix as Q T Q^T, T tridiagonal: its diagonal d, e beside it, and the reflections of Q, columns of v
 * below the diagonal. Uses a up. Within a block of columns what reflections do is kept as A - L R^T, for L = [V W] and
 * R = [W V], and A is brought up to date at its end.
 * @see J. J. Dongarra, D. C. Sorensen, S. J. Hammarling, "Block reduction of matrices to condensed forms for eigenvalue
 * computations", 1989, https://doi.org/10.1016/0377-0427(89)90367-1 */
function tridiagonal(
  { blas, room }: Tools,
  a: Matrix,
  n: number,
  d: Float64Array,
  e: Float64Array,
  v: Matrix,
  taus: Float64Array,
): void {
  const taken = room.taken
  const block = Math.min(BLOCK, n)
  const width = 2 * block
  const left = dense(room.take(n * width), width)
  const right = dense(room.take(n * width), width)
  const x = dense(room.take(n), 1)
  const w = dense(room.take(n), 1)
  const sums = dense(room.take(width), 1)
  fill(v, n, n, 0)
  for (let begin = 0; begin < n - 1; begin += block) {
    const end = Math.min(n - 1, begin + block)
    left.data.fill(0)
    right.data.fill(0)
    for (let j = begin; j < end; j++) {
      const column = from(a, j, j)
      if (j > begin) multiply(blas, n - j, width, -1, from(left, j, 0), turned(from(right, j, 0)), 1, column)
      d[j] = a.data[column.at]
      const below = from(column, 1, 0)
      const count = n - j - 1
      copy(below, x, count, 1)
      const [tau, beta] = reflector(x.data, 0, count)
      taus[j] = tau
      e[j] = beta
      const i = j - begin
      for (const to of [from(v, j + 1, j), from(left, j + 1, i), from(right, j + 1, block + i)]) copy(x, to, count, 1)
      if (tau === 0) continue
      multiply(blas, count, count, tau, from(a, j + 1, j + 1), x, 0, w)
      multiply(blas, width, count, 1, turned(from(right, j + 1, 0)), x, 0, sums)
      multiply(blas, count, width, -tau, from(left, j + 1, 0), sums, 1, w)
      const half = (tau * dot(w.data, 0, x.data, 0, count)) / 2
      for (let k = 0; k < count; k++) w.data[k] -= half * x.data[k]
      for (const to of [from(left, j + 1, block + i), from(right, j + 1, i)]) copy(w, to, count, 1)
    }
    const rest = n - end
    blas.gemm(rest, rest, width, -1, from(left, end, 0), turned(from(right, end, 0)), 1, from(a, end, end))
  }
  d[n - 1] = a.data[a.at + (n - 1) * (a.row + 1)]
  room.free(taken)
}

/** Eigenvalues of a tridiagonal matrix in d by implicit QR steps; rows of what `sweeps` turns go along.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 8.3.3 */
function diagonalise(d: Float64Array, e: Float64Array, sweeps: Sweeps | null, name: string, place: Place): void {
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
    sweep(d, e, sweeps, begin, end)
  }
}

function sweep(d: Float64Array, e: Float64Array, sweeps: Sweeps | null, begin: number, end: number): void {
  sweeps?.begin(begin, end - begin)
  let x = d[begin] - wilkinson(d[end - 1], e[end - 1], d[end])
  let y = e[begin]
  for (let k = begin; k < end; k++) {
    const r = length(x, y)
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
    sweeps?.turn(c, s)
  }
}

/** What `eigenSymmetric` takes. */
export const eighRoom = (n: number): number => {
  const width = 2 * Math.min(BLOCK, n)
  const panels = 2 * roomOf(n * width) + 2 * roomOf(n) + roomOf(width)
  return 3 * matrixRoom(n, n) + 3 * roomOf(n) + panels + reflectionsRoom(n) + sweepsRoom(n)
}

/** Ascending eigenvalues of the symmetric a, and eigenvectors as columns. Uses a up. */
export function eigenSymmetric(
  tools: Tools,
  given: Float64Array,
  n: number,
  values: Float64Array,
  vectors: Float64Array | null,
  name: string,
): void {
  const { blas, room, place } = tools
  const scale = scaleOf(given)
  scaleDown(given, scale)
  const a = room.matrix(n, n)
  copy(dense(given, n), a, n, n)
  const v = room.matrix(n, n)
  const d = room.take(n)
  const e = room.take(n)
  const taus = room.take(n)
  tridiagonal(tools, a, n, d, e, v, taus)
  const z = room.matrix(n, n)
  let sweeps: Sweeps | null = null
  if (vectors) {
    // Rows of z are the columns of Q.
    fill(z, n, n, 1)
    createReflections(blas, room, n).basis(from(v, 1, 0), taus, n - 1, turned(from(z, 1, 1)), n - 1, n - 1)
    sweeps = createSweeps(blas, room, z, n, n)
  }
  diagonalise(d, e, sweeps, name, place)
  sweeps?.flush()
  const order = Array.from(d.keys()).sort((i, j) => d[i] - d[j])
  order.forEach((at, to) => {
    values[to] = d[at] * scale
    if (vectors) copy(turned(from(z, at, 0)), from(dense(vectors, n), 0, to), n, 1)
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
      a[j * n + i] = a[i * n + j]
    }
  if (apart > tolerance * most)
    throw new LinalgError(
      'NOT_SYMMETRIC',
      `${name}: a symmetric matrix required, got elements ${apart} apart${ofMatrix(place.index, place.count)}; ` +
        `take half its sum with its transpose, or use eig`,
    )
}

export const eigh = stackKernel(
  'eigh',
  ({ inputs: [{ shape }] }) => eighRoom(shape.at(-1)!),
  ({ inputs: [{ shape, dtype }] }) => {
    const n = shape.at(-1)!
    const tolerance = ASYMMETRY[dtype as 'float64']
    return ([a], [values, vectors], tools) => {
      symmetrise(a, n, tolerance, 'eigh', tools.place)
      eigenSymmetric(tools, a, n, values, vectors ?? null, 'eigh')
    }
  },
)
