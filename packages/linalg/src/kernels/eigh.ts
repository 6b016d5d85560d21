import { LinalgError, ofMatrix } from '../errors.ts'
import { stackKernel, type Kernel, type Place, type Tools } from './kernel.ts'
import { copy, dense, fill, from, matrixRoom, turned } from './matrix.ts'
import { createReflections, reflectionsRoom } from './reflections.ts'
import { length, scaleDown, scaleOf, untilDiagonal, wilkinson } from './rotation.ts'
import { createSweeps, sweepsRoom, type Sweeps } from './sweeps.ts'
import { createTridiagonal, tridiagonalRoom } from './tridiagonal.ts'

/** How far a matrix may be from symmetric, relative to its largest element: rounding of what was computed so. */
const ASYMMETRY = { float64: 1e-8, float32: 1e-3 }

/** An implicit QR step on rows `begin` to `end` of a tridiagonal matrix; rows of what `sweeps` turns go along.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 8.3.3 */
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

/** What `createEigh` takes. */
export const eighRoom = (n: number): number =>
  2 * matrixRoom(n, n) + tridiagonalRoom(n) + reflectionsRoom(n) + sweepsRoom(n)

type Decompose = (a: Float64Array, values: Float64Array, vectors: Float64Array | null, place: Place) => void

/** Gives ascending eigenvalues of symmetric matrices, which it uses up, and eigenvectors as columns. */
export function createEigh(tools: Tools, n: number, name: string): Decompose {
  const { blas, room } = tools
  const a = room.matrix(n, n)
  // Rows of z are vectors.
  const z = room.matrix(n, n)
  const reduce = createTridiagonal(tools, n)
  const reflections = createReflections(blas, room, n)
  const sweeps = createSweeps(blas, room, z, n, n)
  return (given, values, vectors, place) => {
    const scale = scaleOf(given)
    scaleDown(given, scale)
    copy(dense(given, n), a, n, n)
    const { d, e, v, taus } = reduce(a)
    sweeps.clear()
    if (vectors) {
      fill(z, n, n, 1)
      reflections.basis(from(v, 1, 0), taus, n - 1, turned(from(z, 1, 1)), n - 1, n - 1)
    }
    untilDiagonal(name, d, e, place, (begin, end) => sweep(d, e, vectors && sweeps, begin, end))
    sweeps.flush()
    const order = Array.from(d.keys()).sort((i, j) => d[i] - d[j])
    order.forEach((at, to) => {
      values[to] = d[at] * scale
      if (vectors) copy(turned(from(z, at, 0)), from(dense(vectors, n), 0, to), n, 1)
    })
  }
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

export const eigh: Kernel = /* @__PURE__ */ stackKernel(
  'eigh',
  ({ inputs: [{ shape }] }) => eighRoom(shape.at(-1)!),
  ({ inputs: [{ shape, dtype }] }, tools) => {
    const n = shape.at(-1)!
    const tolerance = ASYMMETRY[dtype as 'float64']
    const decompose = createEigh(tools, n, 'eigh')
    return ([a], [values, vectors], place) => {
      symmetrise(a, n, tolerance, 'eigh', place)
      decompose(a, values, vectors ?? null, place)
    }
  },
)
