import type { Matrix } from './matrix.ts'

/** Takes columns from `begin` to j, each times its factor, from column j, in rows from j to m; four rows at a time,
 * whose sums do not wait for one another. */
export function subtractColumns(
  { data, at, row }: Matrix,
  m: number,
  begin: number,
  j: number,
  factors: Float64Array,
): void {
  const count = j - begin
  let i = j
  for (; i + 3 < m; i += 4) {
    const a = at + i * row
    const b = a + row
    const c = b + row
    const d = c + row
    let x = data[a + j]
    let y = data[b + j]
    let z = data[c + j]
    let w = data[d + j]
    for (let k = 0; k < count; k++) {
      const factor = factors[k]
      x -= data[a + begin + k] * factor
      y -= data[b + begin + k] * factor
      z -= data[c + begin + k] * factor
      w -= data[d + begin + k] * factor
    }
    data[a + j] = x
    data[b + j] = y
    data[c + j] = z
    data[d + j] = w
  }
  for (; i < m; i++) {
    const to = at + i * row
    let x = data[to + j]
    for (let k = 0; k < count; k++) x -= data[to + begin + k] * factors[k]
    data[to + j] = x
  }
}

/** Column j below row j over a number that is not 0. */
export function divideBelow({ data, at, row }: Matrix, m: number, j: number, by: number): void {
  for (let i = j + 1; i < m; i++) data[at + i * row + j] /= by
}
