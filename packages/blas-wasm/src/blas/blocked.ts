import { Unit, Upper, type Diag, type Uplo } from './arguments.ts'
import { multiply, part, withScratch, type Machine, type Matrix } from './matrix.ts'

/** Rows of a triangle below which it is worked off row by row. */
const SMALL = 16

/**
 * X = T X, or the solution of T X = B in place, for a triangle T of `size` rows and X with contiguous rows or columns.
 * Halves the triangle [T11 T12; T21 T22]: all but the last levels is a product of the off-diagonal part.
 */
export function blockedTriangle(
  machine: Machine,
  solve: boolean,
  uplo: Uplo,
  diag: Diag,
  size: number,
  columns: number,
  t: Matrix,
  x: Matrix,
): void {
  const { k } = machine
  if (size <= SMALL) return smallTriangle(machine, solve, uplo, diag, size, columns, t, x)
  const half = Math.ceil(size / 2 / SMALL) * SMALL
  const upper = uplo === Upper
  const low = part(k, x, half, 0)
  const first = (): void => blockedTriangle(machine, solve, uplo, diag, half, columns, t, x)
  const second = (): void =>
    blockedTriangle(machine, solve, uplo, diag, size - half, columns, part(k, t, half, half), low)
  // The half that the off-diagonal part reads must not be overwritten before (product), or must be solved before
  // (solution).
  const [sign, order] = solve
    ? [-1, upper ? [second, first] : [first, second]]
    : [1, upper ? [first, second] : [second, first]]
  const cross = (): void =>
    upper
      ? multiply(machine, half, columns, size - half, sign, part(k, t, 0, half), low, 1, x)
      : multiply(machine, size - half, columns, half, sign, part(k, t, half, 0), x, 1, low)
  order[0]!()
  cross()
  order[1]!()
}

/** Row by row; X with contiguous columns goes through a transposed copy. */
function smallTriangle(
  machine: Machine,
  solve: boolean,
  uplo: Uplo,
  diag: Diag,
  size: number,
  columns: number,
  t: Matrix,
  x: Matrix,
): void {
  const { k, arena } = machine
  if (x.cs !== 1) {
    const row = columns * k.bytes
    withScratch(arena, size * row, (scratch) => {
      k.pack(scratch, x.at, x.cs * k.bytes, k.bytes, columns, columns, size)
      smallTriangle(machine, solve, uplo, diag, size, columns, t, { at: scratch, rs: columns, cs: 1 })
      for (let j = 0; j < columns; j++) k.copy(size, scratch + j * k.bytes, columns, x.at + j * x.cs * k.bytes, 1)
    })
    return
  }
  const view = machine.numbers()
  const element = (i: number, j: number): number => view[t.at / k.bytes + i * t.rs + j * t.cs]!
  const row = (i: number): number => x.at + i * x.rs * k.bytes
  const upper = uplo === Upper
  for (let step = 0; step < size; step++) {
    const i = upper !== solve ? step : size - 1 - step
    const pivot = diag === Unit ? 1 : element(i, i)
    if (!solve && pivot !== 1) k.scal(columns, pivot, row(i), 1)
    for (let j = upper ? i + 1 : 0; j < (upper ? size : i); j++)
      k.axpy(columns, solve ? -element(i, j) : element(i, j), row(j), 1, row(i), 1)
    if (solve && pivot !== 1) divide(view, row(i) / k.bytes, columns, pivot)
  }
}

/** Exact quotients: a reciprocal would round twice, and overflow for the smallest pivots. */
function divide(view: Float32Array | Float64Array, at: number, count: number, divisor: number): void {
  for (let j = at; j < at + count; j++) view[j]! /= divisor
}
