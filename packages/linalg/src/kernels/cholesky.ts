import { LinalgError, ofMatrix } from '../errors.ts'
import { eachMatrix, stackSize, type Kernel, type Place } from './kernel.ts'

/** How many rows of the factor share what is read of another. */
const ROWS = 4

/** The lower factor of a symmetric matrix, in its own place; what is above the diagonal becomes 0.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 4.2.5 */
export function factor(a: Float64Array, n: number, place: Place): void {
  for (let j = 0; j < n; j++) {
    const row = j * n
    let pivot = a[row + j]
    for (let k = 0; k < j; k++) pivot -= a[row + k] * a[row + k]
    if (!(pivot > 0))
      throw new LinalgError(
        'NOT_POSITIVE_DEFINITE',
        `cholesky: a positive definite matrix required, got pivot ${j} ` +
          `at ${pivot}${ofMatrix(place.index, place.count)}; add a multiple of the identity`,
      )
    const root = Math.sqrt(pivot)
    a[row + j] = root
    a.fill(0, row + j + 1, row + n)
    let i = j + 1
    for (; i + ROWS <= n; i += ROWS) fourRows(a, n, i, j, root)
    for (; i < n; i++) {
      let sum = a[i * n + j]
      for (let k = 0; k < j; k++) sum -= a[i * n + k] * a[row + k]
      a[i * n + j] = sum / root
    }
  }
}

/** Column j of four rows from i on. */
function fourRows(a: Float64Array, n: number, i: number, j: number, root: number): void {
  const row = j * n
  const r0 = i * n
  const r1 = r0 + n
  const r2 = r1 + n
  const r3 = r2 + n
  let s0 = a[r0 + j]
  let s1 = a[r1 + j]
  let s2 = a[r2 + j]
  let s3 = a[r3 + j]
  for (let k = 0; k < j; k++) {
    const v = a[row + k]
    s0 -= a[r0 + k] * v
    s1 -= a[r1 + k] * v
    s2 -= a[r2 + k] * v
    s3 -= a[r3 + k] * v
  }
  a[r0 + j] = s0 / root
  a[r1 + j] = s1 / root
  a[r2 + j] = s2 / root
  a[r3 + j] = s3 / root
}

/** Reads the symmetric part of its input. */
export const cholesky: Kernel = ({ inputs: [x], outputs: [y] }) => {
  const n = x.shape.at(-1)!
  eachMatrix('cholesky', stackSize(x.shape), [x], [y], ([a], [l], place) => {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) l[i * n + j] = 0.5 * (a[i * n + j] + a[j * n + i])
    }
    factor(l, n, place)
  })
}
