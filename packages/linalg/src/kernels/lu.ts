import type { LuSolveAttrs } from '../ops/solve.ts'
import type { Blas } from './blas.ts'
import { divideBelow, subtractColumns } from './column.ts'
import { stackKernel, type Kernel, type Place, type Tools } from './kernel.ts'
import { copy, dense, from, matrixRoom, roomOf, type Matrix } from './matrix.ts'
import { isSafe } from './rotation.ts'
import { solveTriangle } from './triangular.ts'

/** Columns that are eliminated one by one. */
const NARROW = 8
/** Numbers in a row from which rows are copied to where they lie apart. */
const LONG = 256

const lower = { lower: true, transpose: false, unitDiagonal: true }
const upper = { lower: false, transpose: false, unitDiagonal: false }
/** Where nothing can fail. */
const NOWHERE: Place = { index: 0, count: 1 }

/** L (below the diagonal, which is ones) and U of the m x n matrix a with its rows in the order of `order`, in its
 * place, by partial pivoting, the left half of the columns before the right. @returns the order's sign
 * @see S. Toledo, "Locality of reference in LU decomposition with partial pivoting", 1997,
 * https://doi.org/10.1137/S0895479896297744 */
export function factorLu(blas: Blas, a: Matrix, m: number, n: number, order: Float64Array | Int32Array): number {
  const size = Math.min(m, n)
  for (let i = 0; i < m; i++) order[i] = i
  const sign = factorColumns(blas, a, m, n, order, 0, size)
  if (size < n) solveRows(blas, a, 0, size, n)
  return sign
}

/** The same of columns from `begin` to `end`. */
function factorColumns(
  blas: Blas,
  a: Matrix,
  m: number,
  n: number,
  order: Float64Array | Int32Array,
  begin: number,
  end: number,
): number {
  if (end - begin <= NARROW) {
    let sign = 1
    const factors = new Float64Array(NARROW)
    for (let j = begin; j < end; j++) {
      reduceColumn(a, m, begin, j, factors)
      const at = largestBelow(a, m, j)
      if (at !== j) {
        exchange(a, n, j, at)
        const held = order[j]
        order[j] = order[at]
        order[at] = held
        sign = -sign
      }
      const pivot = a.data[a.at + j * (a.row + 1)]
      if (pivot !== 0) divideBelow(a, m, j, pivot)
    }
    return sign
  }
  const middle = (begin + end) >> 1
  const rows = m - middle
  const columns = end - middle
  const first = factorColumns(blas, a, m, n, order, begin, middle)
  solveRows(blas, a, begin, middle, end)
  const right = from(a, begin, middle)
  blas.gemm(rows, columns, middle - begin, -1, from(a, middle, begin), right, 1, from(a, middle, middle))
  return first * factorColumns(blas, a, m, n, order, middle, end)
}

/** Rows of U from `begin` to `middle`, in columns from `middle` to `end`. */
const solveRows = (blas: Blas, a: Matrix, begin: number, middle: number, end: number): void =>
  solveTriangle('lu', blas, from(a, begin, begin), middle - begin, lower, from(a, begin, middle), end - middle, NOWHERE)

/** The row from j on with the largest element of column j. */
function largestBelow({ data, at, row }: Matrix, m: number, j: number): number {
  let found = j
  let most = Math.abs(data[at + j * row + j])
  for (let i = j + 1; i < m; i++) {
    const size = Math.abs(data[at + i * row + j])
    if (size > most) {
      most = size
      found = i
    }
  }
  return found
}

function exchange({ data, at, row }: Matrix, n: number, i: number, j: number): void {
  const x = at + i * row
  const y = at + j * row
  for (let k = 0; k < n; k++) {
    const held = data[x + k]
    data[x + k] = data[y + k]
    data[y + k] = held
  }
}

/** Column j less what columns from `begin` on take of it: of U down to row j, then what the pivot is to divide. */
function reduceColumn(a: Matrix, m: number, begin: number, j: number, factors: Float64Array): void {
  const { data, at, row } = a
  for (let k = begin; k < j; k++) {
    const factor = (factors[k - begin] = data[at + k * row + j])
    for (let i = k + 1; i < j; i++) data[at + i * row + j] -= data[at + i * row + k] * factor
  }
  subtractColumns(a, m, begin, j, factors)
}

/** The diagonal of U, and the sign of the order: factors of the determinant. */
function takePivots(to: Float64Array, { data, at, row }: Matrix, sign: number): void {
  const last = to.length - 1
  for (let i = 0; i < last; i++) to[i] = data[at + i * (row + 1)]
  to[last] = sign
}

/** L and U in one matrix, the order of the rows, the determinant, its sign and the logarithm of its magnitude. */
export const luFactor: Kernel = /* @__PURE__ */ stackKernel(
  'lu',
  ({ inputs: [{ shape }] }) => {
    const [m, n] = shape.slice(-2)
    return roomOf(Math.min(m, n) + 1) + (n < LONG ? 0 : matrixRoom(m, n))
  },
  ({ inputs: [{ shape }] }, { blas, room }) => {
    const [m, n] = shape.slice(-2)
    const apart = n < LONG ? null : room.matrix(m, n)
    const pivots = room.take(Math.min(m, n) + 1)
    return ([a], [lu, rows, det, sign, log]) => {
      const to = dense(lu, n)
      const work = apart ?? to
      copy(dense(a, n), work, m, n)
      takePivots(pivots, work, factorLu(blas, work, m, n, rows))
      if (apart) copy(apart, to, m, n)
      const d = (det[0] = productOf(pivots))
      const factors = isSafe(d * d) ? det : pivots
      sign[0] = factors.reduce((product, x) => product * Math.sign(x), 1)
      log[0] = factors.reduce((sum, x) => sum + Math.log(Math.abs(x)), 0)
    }
  },
)

/** X of A X = B, with A as `factorLu` gave it, or of A^T X = B: from and to rows one after another. B is used up. */
export function solveLu(
  name: string,
  blas: Blas,
  factors: Matrix,
  n: number,
  order: Float64Array | Int32Array,
  transpose: boolean,
  b: Float64Array,
  x: Float64Array,
  place: Place,
): void {
  const m = b.length / n
  const solve = (to: Float64Array): void => {
    for (const attrs of transpose ? [upper, lower] : [lower, upper])
      solveTriangle(name, blas, factors, n, { ...attrs, transpose }, dense(to, m), m, place)
  }
  if (transpose) solve(b)
  for (let i = 0; i < n; i++) {
    const to = (transpose ? order[i] : i) * m
    const of = (transpose ? i : order[i]) * m
    for (let j = 0; j < m; j++) x[to + j] = b[of + j]
  }
  if (!transpose) solve(x)
}

/** Solutions from what `luFactor` gave. */
export const luSolve: Kernel<LuSolveAttrs> = /* @__PURE__ */ stackKernel<LuSolveAttrs>(
  'solve',
  () => 0,
  ({ inputs: [, , , { shape }], attrs: { transpose, name } }, { blas }) => {
    const n = shape.at(-2)!
    return ([lu, rows, b], [x], place) => solveLu(name, blas, dense(lu, n), n, rows, transpose, b, x, place)
  },
  (inputs) => inputs.slice(1),
)

/** What `createPivots` takes. */
export const pivotsRoom = (n: number): number => matrixRoom(n, n) + roomOf(n) + roomOf(n + 1)

/** Gives the diagonal of U, and the sign of the order. */
export function createPivots({ blas, room }: Tools, n: number): (a: Matrix) => Float64Array {
  const work = room.matrix(n, n)
  const order = room.take(n)
  const pivots = room.take(n + 1)
  return (a) => {
    copy(a, work, n, n)
    takePivots(pivots, work, factorLu(blas, work, n, n, order))
    return pivots
  }
}

const exponentOf = (x: number): number => Math.max(-1021, Math.floor(Math.log2(Math.abs(x))))

/** The product of numbers but for those at two places, in range where it is itself, whatever it passes through: its
 * exponent is kept apart where it is large.
 * @see LINPACK, xGEDI */
export function productOf(numbers: Float64Array, without = -1, nor = -1): number {
  let product = 1
  let exponent = 0
  for (let i = 0; i < numbers.length; i++) {
    if (i === without || i === nor) continue
    const x = numbers[i]
    const next = product * x
    if (isSafe(next * next)) {
      product = next
      continue
    }
    if (x === 0) return 0
    const [a, b] = [exponentOf(product), exponentOf(x)]
    product = (product / 2 ** a) * (x / 2 ** b)
    exponent += a + b
  }
  const half = Math.trunc(exponent / 2)
  return product * 2 ** half * 2 ** (exponent - half)
}
