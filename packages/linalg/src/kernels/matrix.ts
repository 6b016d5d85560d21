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

/** Sizes from which rows at multiples of 128 bytes would share too few places of a cache. */
const LONG = 64
/** Numbers from a row to the next. */
const strideOf = (n: number): number => (n >= LONG && n % 16 === 0 ? n + 8 : n)

/** Scratch memory, handed out from its beginning. */
export interface Room {
  take(count: number): Float64Array
  /** A matrix with rows apart from one another. */
  matrix(m: number, n: number): Matrix
}

const LINE = 8
/** Numbers of room that an array takes. */
export const roomOf = (count: number): number => Math.ceil(count / LINE) * LINE
export const matrixRoom = (m: number, n: number): number => roomOf(m * strideOf(n))

export function createRoom(memory: Float64Array): Room {
  let taken = 0
  const take = (count: number): Float64Array => {
    const at = taken
    taken += roomOf(count)
    if (taken > memory.length) throw new RangeError(`linalg: ${taken} numbers of room required, got ${memory.length}`)
    return memory.subarray(at, at + count)
  }
  return {
    take,
    matrix: (m, n) => dense(take(m * strideOf(n)), strideOf(n)),
  }
}

/** B = A for [m, n]: rows that are long are the sooner copied. */
export function copy(a: Matrix, b: Matrix, m: number, n: number): void {
  const { data: x, column: step } = a
  const { data: y, column } = b
  for (let i = 0; i < m; i++) {
    let to = b.at + i * b.row
    for (let of = a.at + i * a.row, end = of + n * step; of < end; of += step, to += column) y[to] = x[of]
  }
}

/** All of A [m, n] to 0, and its diagonal to `diagonal`. Rows or columns are dense. */
export function fill(a: Matrix, m: number, n: number, diagonal: number): void {
  if (a.column !== 1) return fill(turned(a), n, m, diagonal)
  const { data, at, row } = a
  for (let i = 0; i < m; i++) {
    for (let j = at + i * row, end = j + n; j < end; j++) data[j] = 0
    if (i < n) data[at + i * (row + 1)] = diagonal
  }
}
