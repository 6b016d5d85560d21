/** A matrix within an array: element (i, j) lies at `at + i * row + j * column`. */
export interface Matrix {
  readonly data: Float64Array
  readonly at: number
  readonly row: number
  readonly column: number
}

/** n x m, rows one after another. */
export const dense = (data: Float64Array, m: number): Matrix => ({ data, at: 0, row: m, column: 1 })
/** The part that begins at row i and column j. */
export const from = ({ data, at, row, column }: Matrix, i: number, j: number): Matrix => ({
  data,
  at: at + i * row + j * column,
  row,
  column,
})
export const turned = ({ data, at, row, column }: Matrix): Matrix => ({ data, at, row: column, column: row })

/** Columns that four rows of both factors keep in the first cache. */
const COLUMNS = 256
const STEP = 4

/** C -= A B for C [m, n], A [m, k], B [k, n]; rows of B and C are dense. With `lower`, only where the column is at most
 * the row, in steps of four rows. */
export function subtractProduct(
  c: Matrix,
  a: Matrix,
  b: Matrix,
  m: number,
  n: number,
  k: number,
  lower: boolean = false,
): void {
  for (let j = 0; j < n; j += COLUMNS) {
    let i = lower ? j : 0
    for (; i + STEP <= m; i += STEP) {
      const width = Math.min(COLUMNS, n - j, lower ? i + STEP - j : n)
      let p = 0
      for (; p + STEP <= k; p += STEP) tile(from(c, i, j), from(a, i, p), from(b, p, j), width)
      for (; p < k; p++) for (let r = i; r < i + STEP; r++) strip(from(c, r, j), from(a, r, p), from(b, p, j), width)
    }
    for (; i < m; i++) {
      const width = Math.min(COLUMNS, n - j, lower ? i + 1 - j : n)
      for (let p = 0; p < k; p++) strip(from(c, i, j), from(a, i, p), from(b, p, j), width)
    }
  }
}

/** One row less a multiple of another. */
function strip(c: Matrix, a: Matrix, b: Matrix, n: number): void {
  const factor = a.data[a.at]
  if (factor === 0) return
  const to = c.data
  const of = b.data
  for (let j = 0, p = c.at, q = b.at; j < n; j++, p++, q++) to[p] -= factor * of[q]
}

/** Four rows less products of depth four. */
function tile(c: Matrix, a: Matrix, b: Matrix, n: number): void {
  const f = a.data
  const { at, row, column } = a
  const r1 = at + row
  const r2 = r1 + row
  const r3 = r2 + row
  const a00 = f[at]
  const a01 = f[at + column]
  const a02 = f[at + 2 * column]
  const a03 = f[at + 3 * column]
  const a10 = f[r1]
  const a11 = f[r1 + column]
  const a12 = f[r1 + 2 * column]
  const a13 = f[r1 + 3 * column]
  const a20 = f[r2]
  const a21 = f[r2 + column]
  const a22 = f[r2 + 2 * column]
  const a23 = f[r2 + 3 * column]
  const a30 = f[r3]
  const a31 = f[r3 + column]
  const a32 = f[r3 + 2 * column]
  const a33 = f[r3 + 3 * column]
  const of = b.data
  const to = c.data
  let q0 = b.at
  let q1 = q0 + b.row
  let q2 = q1 + b.row
  let q3 = q2 + b.row
  let p0 = c.at
  let p1 = p0 + c.row
  let p2 = p1 + c.row
  let p3 = p2 + c.row
  for (let j = 0; j < n; j++) {
    const b0 = of[q0++]
    const b1 = of[q1++]
    const b2 = of[q2++]
    const b3 = of[q3++]
    to[p0++] -= a00 * b0 + a01 * b1 + a02 * b2 + a03 * b3
    to[p1++] -= a10 * b0 + a11 * b1 + a12 * b2 + a13 * b3
    to[p2++] -= a20 * b0 + a21 * b1 + a22 * b2 + a23 * b3
    to[p3++] -= a30 * b0 + a31 * b1 + a32 * b2 + a33 * b3
  }
}

/** C = A B for dense matrices [m, k] and [k, n]. */
export function product(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  const c = new Float64Array(m * n)
  subtractProduct(dense(c, n), dense(a, k), dense(b, n), m, n, k)
  for (let i = 0; i < c.length; i++) c[i] = 0 - c[i]
  return c
}
