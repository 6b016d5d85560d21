import { LinalgError, ofMatrix } from '../errors.ts'
import { eachMatrix, stackSize, type Kernel, type Place } from './kernel.ts'
import { dense, from, subtractProduct, turned, type Matrix } from './update.ts'

export interface TriangularAttrs {
  readonly lower: boolean
  readonly transpose: boolean
  readonly unitDiagonal: boolean
}

/** Rows that are solved before they are subtracted from the others. */
const BLOCK = 16

/** Solves a x = b, or with a transposed, in the place of b [n, m]. */
export function solveTriangle(
  name: string,
  a: Float64Array,
  n: number,
  { lower, transpose, unitDiagonal }: TriangularAttrs,
  b: Float64Array,
  m: number,
  place: Place,
): void {
  const matrix = transpose ? turned(dense(a, n)) : dense(a, n)
  const right = dense(b, m)
  const isForward = lower !== transpose
  for (let done = 0; done < n; done += BLOCK) {
    const size = Math.min(BLOCK, n - done)
    const begin = isForward ? done : n - done - size
    const known = isForward ? 0 : begin + size
    subtractProduct(from(right, begin, 0), from(matrix, begin, known), from(right, known, 0), size, m, done)
    for (let step = 0; step < size; step++) {
      const i = isForward ? begin + step : begin + size - 1 - step
      const first = isForward ? begin : i + 1
      row(matrix, i, first, step, b, m)
      if (!unitDiagonal) divide(name, a[i * n + i], i, b, m, place)
    }
  }
}

/** Row i less what `count` rows from `first` on take of it. */
function row(
  { data, at, row: down, column }: Matrix,
  i: number,
  first: number,
  count: number,
  b: Float64Array,
  m: number,
): void {
  for (let k = first; k < first + count; k++) {
    const factor = data[at + i * down + k * column]
    for (let c = 0; c < m; c++) b[i * m + c] -= factor * b[k * m + c]
  }
}

function divide(name: string, pivot: number, i: number, b: Float64Array, m: number, place: Place): void {
  if (pivot === 0)
    throw new LinalgError(
      'SINGULAR',
      `${name}: an invertible matrix required, got 0 at pivot ${i}${ofMatrix(place.index, place.count)}; ` +
        `use pinv or lstsq`,
    )
  for (let c = 0; c < m; c++) b[i * m + c] /= pivot
}

/** Elements of the other triangle are not read. */
export const triangularSolve: Kernel<TriangularAttrs> = ({ inputs: [x, b], outputs: [y], attrs }) => {
  const n = x.shape.at(-1)!
  const m = b.shape.at(-1)!
  eachMatrix('triangularSolve', stackSize(x.shape), [x, b], [y], ([a, rhs], [out], place) => {
    solveTriangle('triangularSolve', a, n, attrs, rhs, m, place)
    out.set(rhs)
  })
}
