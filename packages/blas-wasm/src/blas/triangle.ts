import { Unit, Upper, type Diag, type Uplo } from './arguments.ts'
import { withScratch, type Machine, type Matrix } from './matrix.ts'

/** Row or column i of a triangle, without the diagonal: columns (rows) `from` up to `to`. */
const rest = (uplo: Uplo, n: number, i: number, byRows: boolean): readonly [from: number, to: number] =>
  (uplo === Upper) === byRows ? [i + 1, n] : [0, i]

/** 0 ... n - 1 or back. */
function* indices(n: number, ascending: boolean): Generator<number> {
  for (let i = 0; i < n; i++) yield ascending ? i : n - 1 - i
}

/** x as contiguous numbers: `body` gets the address, and what it leaves there is copied back. */
export function contiguous(machine: Machine, n: number, x: number, incX: number, body: (x: number) => void): void {
  if (incX === 1) return body(x)
  const { k, arena } = machine
  withScratch(arena, n * k.bytes, (copy) => {
    k.copy(n, x, incX, copy, 1)
    body(copy)
    k.copy(n, copy, 1, x, incX)
  })
}

/** x = T x for the triangle of T that `uplo` names; x contiguous, T with contiguous rows or columns. */
export function triangleTimes({ k, numbers }: Machine, uplo: Uplo, diag: Diag, n: number, t: Matrix, x: number): void {
  const byRows = t.cs === 1
  const view = numbers()
  // Rows take what is not yet overwritten, columns leave what is still to be read.
  for (const i of indices(n, uplo === Upper)) {
    const [from, to] = rest(uplo, n, i, byRows)
    const line = t.at + (byRows ? i * t.rs + from : i * t.cs + from) * k.bytes
    const at = x / k.bytes + i
    const pivot = diag === Unit ? 1 : view[t.at / k.bytes + i * (t.rs + t.cs)]!
    if (byRows) view[at] = view[at]! * pivot + k.dot(to - from, line, 1, x + from * k.bytes, 1)
    else {
      k.axpy(to - from, view[at]!, line, 1, x + from * k.bytes, 1)
      view[at] = view[at]! * pivot
    }
  }
}

/** Solves T x = b in place: forward for a lower triangle, backward for an upper one. */
export function triangleSolve({ k, numbers }: Machine, uplo: Uplo, diag: Diag, n: number, t: Matrix, x: number): void {
  const byRows = t.cs === 1
  const view = numbers()
  for (const i of indices(n, uplo !== Upper)) {
    const [from, to] = rest(uplo, n, i, byRows)
    const line = t.at + (byRows ? i * t.rs + from : i * t.cs + from) * k.bytes
    const at = x / k.bytes + i
    const pivot = diag === Unit ? 1 : view[t.at / k.bytes + i * (t.rs + t.cs)]!
    if (byRows) view[at] = (view[at]! - k.dot(to - from, line, 1, x + from * k.bytes, 1)) / pivot
    else {
      view[at] = view[at]! / pivot
      k.axpy(to - from, -view[at]!, line, 1, x + from * k.bytes, 1)
    }
  }
}
