import { LinalgError, ofMatrix } from '../errors.ts'
import type { Blas } from './blas.ts'
import { divideBelow, subtractColumns } from './column.ts'
import { stackKernel, type Kernel, type Place } from './kernel.ts'
import { dense, from, turned, type Matrix } from './matrix.ts'

/** Columns from which all before them are subtracted at once. */
const BLOCK = 8

/** The lower factor of a symmetric matrix, in its own place, a block of columns at a time. What is above the
 * diagonal is not read, and means nothing afterwards.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 4.2 */
export function factor(blas: Blas, a: Matrix, n: number, place: Place): void {
  const factors = new Float64Array(BLOCK)
  for (let begin = 0; begin < n; begin += BLOCK) {
    const size = Math.min(BLOCK, n - begin)
    const left = from(a, begin, 0)
    if (begin) blas.gemm(n - begin, size, begin, -1, left, turned(left), 1, from(a, begin, begin))
    for (let j = begin; j < begin + size; j++) column(a, n, begin, j, factors, place)
  }
}

/** Column j, from which columns before `begin` are subtracted already. */
function column(a: Matrix, n: number, begin: number, j: number, factors: Float64Array, place: Place): void {
  const { data, at, row } = a
  for (let k = begin; k < j; k++) factors[k - begin] = data[at + j * row + k]
  subtractColumns(a, n, begin, j, factors)
  const pivot = data[at + j * (row + 1)]
  if (!(pivot > 0))
    throw new LinalgError(
      'NOT_POSITIVE_DEFINITE',
      `cholesky: a positive definite matrix required, got pivot ${j} ` +
        `at ${pivot}${ofMatrix(place)}; add a multiple of the identity`,
    )
  const root = Math.sqrt(pivot)
  data[at + j * (row + 1)] = root
  divideBelow(a, n, j, root)
}

/** Reads the symmetric part of its input. */
export const cholesky: Kernel = /* @__PURE__ */ stackKernel(
  'cholesky',
  () => 0,
  ({ inputs: [{ shape }] }, { blas }) => {
    const n = shape.at(-1)!
    return ([a], [l], place) => {
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < i; j++) l[i * n + j] = 0.5 * a[i * n + j] + 0.5 * a[j * n + i]
        l[i * n + i] = a[i * n + i]
      }
      factor(blas, dense(l, n), n, place)
      for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) l[i * n + j] = 0
    }
  },
)
