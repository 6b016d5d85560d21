import { LinalgError, ofMatrix } from '../errors.ts'
import { eachMatrix, stackSize, type Kernel, type Place } from './kernel.ts'

export interface TriangularAttrs {
  readonly lower: boolean
  readonly transpose: boolean
  readonly unitDiagonal: boolean
}

/** A triangle of an n x n matrix, rows `stride` elements apart. */
export interface Triangle extends TriangularAttrs {
  readonly a: Float64Array
  readonly n: number
}

/** y -= factor * x, over m elements. */
export function subtract(y: Float64Array, yAt: number, x: Float64Array, xAt: number, m: number, factor: number): void {
  for (let i = 0; i < m; i++) y[yAt + i] -= factor * x[xAt + i]
}

/** Solves a x = b, or its transpose, in the place of b [n, m]: rows of a are read in order, whichever it is. */
export function solveTriangle(
  name: string,
  { a, n, lower, transpose, unitDiagonal }: Triangle,
  b: Float64Array,
  m: number,
  place: Place,
): void {
  const forward = lower !== transpose
  for (let step = 0; step < n; step++) {
    const i = forward ? step : n - 1 - step
    const row = i * n
    const from = lower ? 0 : i + 1
    const end = lower ? i : n
    if (!transpose) for (let k = from; k < end; k++) if (a[row + k] !== 0) subtract(b, i * m, b, k * m, m, a[row + k])
    if (!unitDiagonal) divide(name, a[row + i], i, b, m, place)
    if (transpose) for (let k = from; k < end; k++) if (a[row + k] !== 0) subtract(b, k * m, b, i * m, m, a[row + k])
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
    solveTriangle('triangularSolve', { a, n, ...attrs }, rhs, m, place)
    out.set(rhs)
  })
}
