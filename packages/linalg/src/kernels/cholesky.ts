import { LinalgError, ofMatrix } from '../errors.ts'
import { eachMatrix, stackSize, type Kernel, type Place } from './kernel.ts'
import { dense, from, subtractProduct } from './update.ts'

/** Columns that are factored before what follows them is updated. */
const BLOCK = 32

/** The lower factor of a symmetric matrix, in its own place, a block of columns at a time; what is above the diagonal
 * becomes 0.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 4.2 */
export function factor(a: Float64Array, n: number, place: Place): void {
  const columns = new Float64Array(n > BLOCK ? BLOCK * n : 0)
  const whole = dense(a, n)
  for (let begin = 0; begin < n; begin += BLOCK) {
    const end = Math.min(n, begin + BLOCK)
    for (let j = begin; j < end; j++) column(a, n, begin, j, place)
    const rest = n - end
    if (!rest) continue
    for (let i = 0; i < rest; i++)
      for (let k = begin; k < end; k++) columns[(k - begin) * rest + i] = a[(end + i) * n + k]
    subtractProduct(from(whole, end, end), from(whole, end, begin), dense(columns, rest), rest, rest, end - begin, true)
  }
  for (let i = 0; i < n; i++) a.fill(0, i * n + i + 1, i * n + n)
}

/** Column j, from which columns before `begin` are subtracted already. */
function column(a: Float64Array, n: number, begin: number, j: number, place: Place): void {
  const row = j * n
  let pivot = a[row + j]
  for (let k = begin; k < j; k++) pivot -= a[row + k] * a[row + k]
  if (!(pivot > 0))
    throw new LinalgError(
      'NOT_POSITIVE_DEFINITE',
      `cholesky: a positive definite matrix required, got pivot ${j} ` +
        `at ${pivot}${ofMatrix(place.index, place.count)}; add a multiple of the identity`,
    )
  const root = Math.sqrt(pivot)
  a[row + j] = root
  for (let i = j + 1; i < n; i++) {
    const at = i * n
    let sum = a[at + j]
    for (let k = begin; k < j; k++) sum -= a[at + k] * a[row + k]
    a[at + j] = sum / root
  }
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
