import { LinalgError, ofMatrix } from '../errors.ts'
import type { Blas } from './blas.ts'
import { stackKernel, type Kernel, type Place } from './kernel.ts'
import { dense, from, turned, type Matrix } from './matrix.ts'

export interface TriangularAttrs {
  readonly lower: boolean
  readonly transpose: boolean
  readonly unitDiagonal: boolean
  /** What errors call it, if not `triangularSolve`. */
  readonly name?: string
}

/** Rows that are solved before they are subtracted from the others: few columns are the sooner done without a
 * product. */
const blockFor = (columns: number): number => (columns < 8 ? 32 : 8)

/** Solves A X = B, or with A transposed, in the place of B [n, m], whose rows are dense. */
export function solveTriangle(
  name: string,
  blas: Blas,
  a: Matrix,
  n: number,
  { lower, transpose, unitDiagonal }: TriangularAttrs,
  b: Matrix,
  m: number,
  place: Place,
): void {
  const matrix = transpose ? turned(a) : a
  const isForward = lower !== transpose
  const block = blockFor(m)
  for (let done = 0; done < n; done += block) {
    const size = Math.min(block, n - done)
    const begin = isForward ? done : n - done - size
    const known = isForward ? 0 : begin + size
    if (done) blas.gemm(size, m, done, -1, from(matrix, begin, known), from(b, known, 0), 1, from(b, begin, 0))
    for (let step = 0; step < size; step++) {
      const i = isForward ? begin + step : begin + size - 1 - step
      subtractRows(matrix, i, isForward ? begin : i + 1, step, b, m)
      if (!unitDiagonal) divide(name, a.data[a.at + i * (a.row + a.column)], i, b, m, place)
    }
  }
}

/** Row i less what `count` rows from `first` on take of it, two at a time. */
function subtractRows(a: Matrix, i: number, first: number, count: number, { data, at, row }: Matrix, m: number): void {
  const to = at + i * row
  let of = a.at + i * a.row + first * a.column
  let x = at + first * row
  if (count & 1) {
    const factor = a.data[of]
    for (let c = 0; c < m; c++) data[to + c] -= factor * data[x + c]
    of += a.column
    x += row
  }
  for (const end = x + (count & ~1) * row; x < end; x += 2 * row, of += 2 * a.column) {
    const one = a.data[of]
    const two = a.data[of + a.column]
    const y = x + row
    for (let c = 0; c < m; c++) data[to + c] -= one * data[x + c] + two * data[y + c]
  }
}

function divide(name: string, pivot: number, i: number, { data, at, row }: Matrix, m: number, place: Place): void {
  if (pivot === 0)
    throw new LinalgError(
      'SINGULAR',
      `${name}: an invertible matrix required, got 0 at pivot ${i}${ofMatrix(place)}; ` + `use pinv or lstsq`,
    )
  const to = at + i * row
  for (let c = 0; c < m; c++) data[to + c] /= pivot
}

/** Elements of the other triangle are not read. */
export const triangularSolve: Kernel<TriangularAttrs> = /* @__PURE__ */ stackKernel<TriangularAttrs>(
  'triangularSolve',
  () => 0,
  ({ inputs: [x, b], attrs }, { blas }, name) => {
    const n = x.shape.at(-1)!
    const m = b.shape.at(-1)!
    return ([a, rhs], [out], place) => {
      out.set(rhs)
      solveTriangle(name, blas, dense(a, n), n, attrs, dense(out, m), m, place)
    }
  },
  undefined,
  ({ inputs: [{ shape }], attrs: { lower, unitDiagonal } }) => {
    const n = shape.at(-1)!
    return (p) => {
      const below = Math.floor(p / n) - (p % n)
      return below === 0 ? !unitDiagonal : below > 0 === lower
    }
  },
)
