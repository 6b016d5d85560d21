import { LinalgError, ofMatrix } from '../errors.ts'
import { stackKernel, type Kernel, type Place, type Tools } from './kernel.ts'
import { createLookAhead, LONG_STEP, type Writing } from './lookAhead.ts'
import { copy, dense, fill, from, matrixRoom, roomOf, turned } from './matrix.ts'
import { createReflections, reflectionsRoom } from './reflections.ts'
import { isSafe, length, scaleDown, sortTo, untilDiagonal, wilkinson } from './rotation.ts'
import { createSweeps, sweepsRoom } from './sweeps.ts'
import { createTridiagonal, tridiagonalRoom } from './tridiagonal.ts'

/** How far a matrix may be from symmetric, relative to its largest element: rounding of what was computed so. */
const ASYMMETRY = { float64: 1e-8, float32: 1e-3 }

/** An implicit QR step on rows `begin` to `end` of a tridiagonal matrix; rows of what `sweeps` turns go along. Products
 * of c and s are those of x and y over the sum of squares, known while its root is not.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 8.3.3 */
function sweep(d: Float64Array, e: Float64Array, sweeps: Writing, begin: number, end: number, shift: number): void {
  const { list } = sweeps
  let to = sweeps.begin(begin, end - begin)
  let x = d[begin] - shift
  let y = e[begin]
  for (let k = begin; k < end; k++) {
    let r = length(x, y)
    if (k > begin) e[k - 1] = r
    if (!isSafe(r * r)) {
      x = r === 0 ? 1 : x / r
      y /= r || 1
      r = 1
    }
    const a = d[k]
    const b = d[k + 1]
    const off = e[k]
    const xx = x * x
    const xy = x * y
    const yy = y * y
    const cross = 2 * xy * off
    const inverse = 1 / (xx + yy)
    const s = y / r
    list[to++] = x / r
    list[to++] = s
    d[k] = (xx * a + cross + yy * b) * inverse
    d[k + 1] = (yy * a - cross + xx * b) * inverse
    e[k] = ((xx - yy) * off + xy * (b - a)) * inverse
    if (k === end - 1) break
    x = e[k]
    y = s * e[k + 1]
    e[k + 1] *= list[to - 2]
  }
}

const shiftOf = (d: Float64Array, e: Float64Array, end: number): number => wilkinson(d[end - 1], e[end - 1], d[end])

/** What `createEigh` takes. */
export const eighRoom = (n: number): number =>
  matrixRoom(n, n) + tridiagonalRoom(n) + reflectionsRoom(n, n) + sweepsRoom(n) + roomOf(n)

type Decompose = (a: Float64Array, values: Float64Array, vectors: Float64Array | null, place: Place) => void

/** Gives ascending eigenvalues of symmetric matrices, which it uses up, and eigenvectors as columns. */
export function createEigh(tools: Tools, n: number, name: string): Decompose {
  const { blas, room } = tools
  // Rows of z are vectors.
  const z = room.matrix(n, n)
  const reduce = createTridiagonal(tools, n)
  const reflections = createReflections(blas, room, n, n)
  const sweeps = createSweeps(blas, room, z, n)
  const order = room.take(n)
  const ahead = createLookAhead((d, e, nowhere, end) => sweep(d, e, nowhere, 0, end, shiftOf(d, e, end)))
  return (given, values, vectors, place) => {
    const scale = scaleDown(given)
    const { d, e, v, taus } = reduce(dense(given, n))
    sweeps.start(vectors ? n : 0)
    if (vectors) {
      fill(z, n, n, 1)
      reflections.basis(v, taus, n - 1, turned(from(z, 1, 1)), n - 1, n - 1)
    }
    untilDiagonal(name, d, e, place, (begin, end) =>
      sweep(d, e, sweeps, begin, end, end - begin > LONG_STEP ? ahead(d, e, end) : shiftOf(d, e, end)),
    )
    sweeps.flush()
    sortTo(order, (i, j) => d[i] < d[j])
    for (let to = 0; to < n; to++) {
      const at = order[to]
      values[to] = d[at] * scale
      if (vectors) copy(from(z, at, 0), turned(from(dense(vectors, n), 0, to)), 1, n)
    }
  }
}

/** The symmetric part. @throws LinalgError for a matrix that is not symmetric */
function symmetrise(a: Float64Array, n: number, tolerance: number, name: string, place: Place): void {
  let most = 0
  let apart = 0
  for (let i = 0; i < n; i++) {
    most = Math.max(most, Math.abs(a[i * n + i]))
    for (let j = 0; j < i; j++) {
      const x = a[i * n + j]
      const y = a[j * n + i]
      most = Math.max(most, Math.abs(x), Math.abs(y))
      apart = Math.max(apart, Math.abs(x - y))
      a[i * n + j] = 0.5 * x + 0.5 * y
      a[j * n + i] = a[i * n + j]
    }
  }
  if (apart > tolerance * most)
    throw new LinalgError(
      'NOT_SYMMETRIC',
      `${name}: a symmetric matrix required, got elements ${apart} apart${ofMatrix(place)}; ` +
        `take half its sum with its transpose, or use eig`,
    )
}

export const eigh: Kernel = /* @__PURE__ */ stackKernel(
  'eigh',
  ({ inputs: [{ shape }] }) => eighRoom(shape.at(-1)!),
  ({ inputs: [{ shape, dtype }] }, tools, name) => {
    const n = shape.at(-1)!
    const tolerance = ASYMMETRY[dtype as 'float64']
    const decompose = createEigh(tools, n, name)
    return ([a], [values, vectors], place) => {
      symmetrise(a, n, tolerance, name, place)
      decompose(a, values, vectors ?? null, place)
    }
  },
)
