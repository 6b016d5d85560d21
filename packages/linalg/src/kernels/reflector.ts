import type { Matrix } from './matrix.ts'
import { isSafe } from './rotation.ts'

/** Makes n numbers of x, from `at` on and `step` apart, a Householder vector v, its first element 1, whose reflection
 * I - tau v v^T takes them to (beta, 0, ..., 0). @returns tau and beta
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 5.1 */
export function reflector(
  x: Float64Array,
  at: number,
  n: number,
  step: number = 1,
): readonly [tau: number, beta: number] {
  const end = at + n * step
  let scale = 1
  let rest = squares(x, at + step, end, step)
  const sum = rest + x[at] * x[at]
  if (!isSafe(sum)) {
    scale = 0
    for (let i = at; i < end; i += step) scale = Math.max(scale, Math.abs(x[i]))
    scale ||= 1
    for (let i = at; i < end; i += step) x[i] /= scale
    rest = squares(x, at + step, end, step)
  }
  const first = x[at]
  x[at] = 1
  if (rest === 0) return [0, first * scale]
  const norm = Math.sqrt(first * first + rest)
  const beta = first > 0 ? -norm : norm
  const inverse = 1 / (first - beta)
  for (let i = at + step; i < end; i += step) x[i] *= inverse
  return [(beta - first) / beta, beta * scale]
}

function squares(x: Float64Array, begin: number, end: number, step: number): number {
  let sum = 0
  for (let i = begin; i < end; i += step) sum += x[i] * x[i]
  return sum
}

/** C -= tau v (v^T C) for C [m, n], v a column. Two columns at a time, as a sum waits for the one before; an odd last
 * one is its own partner. */
export function reflect(v: Matrix, tau: number, c: Matrix, m: number, n: number): void {
  const { data: x, at: first, row: step } = v
  const { data, at, row, column } = c
  for (let j = 0; j < n; j += 2) {
    const begin = at + j * column
    const beside = j + 1 < n ? column : 0
    let sum = 0
    let other = 0
    for (let i = 0, of = first, to = begin; i < m; i++, of += step, to += row) {
      sum += x[of] * data[to]
      other += x[of] * data[to + beside]
    }
    sum *= tau
    other *= tau
    for (let i = 0, of = first, to = begin; i < m; i++, of += step, to += row) {
      const held = data[to + beside] - other * x[of]
      data[to] -= sum * x[of]
      data[to + beside] = held
    }
  }
}
