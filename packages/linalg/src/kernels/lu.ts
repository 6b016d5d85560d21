import { eachMatrix, stackSize, type Kernel } from './kernel.ts'
import { solveTriangle } from './triangular.ts'
import { dense, from, subtractProduct } from './update.ts'

/** Columns that are factored before what follows them is updated. */
const BLOCK = 32

/** L (below the diagonal, which is ones) and U of the m x n matrix a with its rows in the order of `order`, in its
 * place, by partial pivoting, a block of columns at a time. @returns the order's sign
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 3.4 */
export function factorLu(a: Float64Array, m: number, n: number, order: Float64Array | Int32Array): number {
  const whole = dense(a, n)
  const size = Math.min(m, n)
  let sign = 1
  for (let i = 0; i < m; i++) order[i] = i
  for (let begin = 0; begin < size; begin += BLOCK) {
    const end = Math.min(size, begin + BLOCK)
    for (let j = begin; j < end; j++) {
      const at = largestBelow(a, m, n, j)
      if (at !== j) {
        exchange(a, n, j, at)
        const held = order[j]
        order[j] = order[at]
        order[at] = held
        sign = -sign
      }
      eliminate(a, m, n, j, end)
    }
    if (end === n) continue
    for (let i = begin + 1; i < end; i++)
      for (let k = begin; k < i; k++) {
        const factor = a[i * n + k]
        for (let c = end; c < n; c++) a[i * n + c] -= factor * a[k * n + c]
      }
    subtractProduct(
      from(whole, end, end),
      from(whole, end, begin),
      from(whole, begin, end),
      m - end,
      n - end,
      end - begin,
    )
  }
  return sign
}

/** The row from j on with the largest element of column j. */
function largestBelow(a: Float64Array, m: number, n: number, j: number): number {
  let at = j
  for (let i = j + 1; i < m; i++) if (Math.abs(a[i * n + j]) > Math.abs(a[at * n + j])) at = i
  return at
}

function exchange(a: Float64Array, n: number, i: number, j: number): void {
  for (let k = 0; k < n; k++) {
    const held = a[i * n + k]
    a[i * n + k] = a[j * n + k]
    a[j * n + k] = held
  }
}

/** Takes row j from the rows below it, up to column `end`. */
function eliminate(a: Float64Array, m: number, n: number, j: number, end: number): void {
  const pivot = a[j * n + j]
  if (pivot === 0) return
  for (let i = j + 1; i < m; i++) {
    const factor = a[i * n + j] / pivot
    a[i * n + j] = factor
    if (factor !== 0) for (let k = j + 1; k < end; k++) a[i * n + k] -= factor * a[j * n + k]
  }
}

const lower = { lower: true, transpose: false, unitDiagonal: true }
const upper = { lower: false, transpose: false, unitDiagonal: false }

/** L and U in one matrix, and the order of the rows. */
export const luFactor: Kernel = ({ inputs: [x], outputs: [y, order] }) => {
  const [m, n] = x.shape.slice(-2)
  eachMatrix('lu', stackSize(x.shape), [x], [y, order], ([a], [lu, rows]) => {
    lu.set(a)
    factorLu(lu, m, n, rows)
  })
}

/** Solutions from what `luFactor` gave. */
export const luSolve: Kernel<{ readonly transpose: boolean }> = ({
  inputs: [, factors, order, b],
  outputs: [y],
  attrs: { transpose },
}) => {
  const n = factors.shape.at(-1)!
  const m = b.shape.at(-1)!
  const count = stackSize(factors.shape)
  eachMatrix('solve', count, [factors, order, b], [y], ([lu, rows, rhs], [x], place) => {
    if (transpose) {
      solveTriangle('solve', lu, n, { ...upper, transpose }, rhs, m, place)
      solveTriangle('solve', lu, n, { ...lower, transpose }, rhs, m, place)
      for (let i = 0; i < n; i++) x.set(rhs.subarray(i * m, i * m + m), rows[i] * m)
      return
    }
    for (let i = 0; i < n; i++) x.set(rhs.subarray(rows[i] * m, rows[i] * m + m), i * m)
    solveTriangle('solve', lu, n, lower, x, m, place)
    solveTriangle('solve', lu, n, upper, x, m, place)
  })
}

/** The diagonal of U, and the sign of the order, of a matrix that it uses up. */
function pivotsOf(a: Float64Array, n: number): Float64Array {
  const pivots = new Float64Array(n + 1)
  pivots[n] = factorLu(a, n, n, new Int32Array(n))
  for (let i = 0; i < n; i++) pivots[i] = a[i * n + i]
  return pivots
}

/** Of a matrix that it uses up. */
export const determinant = (a: Float64Array, n: number): number =>
  pivotsOf(a, n).reduce((product, pivot) => product * pivot, 1)

export const det: Kernel = ({ inputs: [x], outputs }) => {
  const n = x.shape.at(-1)!
  eachMatrix('det', stackSize(x.shape), [x], outputs, ([a], [y]) => {
    y[0] = determinant(a, n)
  })
}

export const slogdet: Kernel = ({ inputs: [x], outputs }) => {
  const n = x.shape.at(-1)!
  eachMatrix('slogdet', stackSize(x.shape), [x], outputs, ([a], [sign, log]) => {
    const pivots = pivotsOf(a, n)
    sign[0] = pivots.reduce((product, pivot) => product * Math.sign(pivot), 1)
    log[0] = pivots.reduce((sum, pivot) => sum + Math.log(Math.abs(pivot)), 0)
  })
}
