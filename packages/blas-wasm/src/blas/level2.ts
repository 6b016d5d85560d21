import { NoTrans, Upper, type Diag, type Order, type RealArray, type Transpose, type Uplo } from './arguments.ts'
import { applied, appliedUplo, transposed, withScratch, type Machine, type Matrix } from './matrix.ts'
import { routine } from './routine.ts'
import { contiguous, triangleSolve, triangleTimes } from './triangle.ts'

/** Matrix-vector routines. Leading dimensions and increments in elements. Only the named triangle of a symmetric or
 * triangular A is read. */
export interface Level2<A extends RealArray> {
  /** y = alpha op(A) x + beta y, A m x n. beta = 0 does not read y. */
  gemv(
    order: Order,
    trans: Transpose,
    m: number,
    n: number,
    alpha: number,
    a: A,
    lda: number,
    x: A,
    incX: number,
    beta: number,
    y: A,
    incY: number,
  ): void
  /** A = alpha x y^T + A, A m x n. */
  ger(
    order: Order,
    m: number,
    n: number,
    alpha: number,
    x: A,
    incX: number,
    y: A,
    incY: number,
    a: A,
    lda: number,
  ): void
  /** y = alpha A x + beta y, A symmetric. */
  symv(
    order: Order,
    uplo: Uplo,
    n: number,
    alpha: number,
    a: A,
    lda: number,
    x: A,
    incX: number,
    beta: number,
    y: A,
    incY: number,
  ): void
  /** A = alpha x x^T + A in the named triangle. */
  syr(order: Order, uplo: Uplo, n: number, alpha: number, x: A, incX: number, a: A, lda: number): void
  /** A = alpha (x y^T + y x^T) + A in the named triangle. */
  syr2(
    order: Order,
    uplo: Uplo,
    n: number,
    alpha: number,
    x: A,
    incX: number,
    y: A,
    incY: number,
    a: A,
    lda: number,
  ): void
  /** x = op(A) x, A triangular. `Unit`: the diagonal is 1 and not read. */
  trmv(order: Order, uplo: Uplo, trans: Transpose, diag: Diag, n: number, a: A, lda: number, x: A, incX: number): void
  /** Solves op(A) x = b in place, A triangular. A zero on the diagonal divides as IEEE 754 says. */
  trsv(order: Order, uplo: Uplo, trans: Transpose, diag: Diag, n: number, a: A, lda: number, x: A, incX: number): void
}

export function level2<A extends RealArray>(machine: Machine, prefix: string): Level2<A> {
  const { k, arena } = machine
  const first = (at: number, n: number, increment: number): number =>
    increment < 0 ? at + (1 - n) * increment * k.bytes : at
  const element = (at: number, index: number): number => machine.numbers()[at / k.bytes + index]!

  /** Adds alpha x_i y to line i of A for all lines, cut to the part that `span` gives. */
  const rankOne = (
    lines: number,
    alpha: number,
    x: number,
    incX: number,
    y: number,
    a: Matrix,
    span: (i: number) => readonly [from: number, to: number],
  ): void => {
    for (let i = 0; i < lines; i++) {
      const [from, to] = span(i)
      const factor = alpha * element(first(x, lines, incX), i * incX)
      k.axpy(to - from, factor, y + from * k.bytes, 1, a.at + (i * a.rs + from) * k.bytes, 1)
    }
  }
  /** The stored triangle with contiguous lines: line i holds the columns that `span` gives. */
  const lines = (
    uplo: Uplo,
    n: number,
    a: Matrix,
  ): { readonly stored: Matrix; span(i: number): readonly [number, number] } => {
    const byRows = a.cs === 1
    return { stored: byRows ? a : transposed(a), span: (i) => ((uplo === Upper) === byRows ? [i, n] : [0, i + 1]) }
  }
  const triangular = (name: string, run: typeof triangleTimes): Level2<A>['trmv'] =>
    routine(
      machine,
      name,
      'order uplo trans diag n a lda x incX',
      ({ n }) => [[n, n], n],
      ({ uplo, trans, diag, n, a, x, incX }) =>
        contiguous(machine, n, x, incX, (v) => run(machine, appliedUplo(trans, uplo), diag, n, applied(trans, a), v)),
    )

  return {
    gemv: routine(
      machine,
      `${prefix}gemv`,
      'order trans m n alpha a lda x incX beta y incY',
      ({ trans, m, n }) => (trans === NoTrans ? [[m, n], n, m] : [[m, n], m, n]),
      ({ trans, m, n, alpha, a, x, incX, beta, y, incY }) => {
        const op = applied(trans, a)
        const [rows, columns] = trans === NoTrans ? [m, n] : [n, m]
        const [from, to] = [first(x, columns, incX), first(y, rows, incY)]
        if (alpha === 0) return k.gemm(from, 1, 1, from, 1, 1, to, incY, rows, 1, 0, 0, beta, 0)
        withScratch(arena, (m + n) * k.bytes, (scratch) =>
          k.gemv(op.at, op.rs, op.cs, from, incX, to, incY, rows, columns, alpha, beta, scratch),
        )
      },
    ),
    ger: routine(
      machine,
      `${prefix}ger`,
      'order m n alpha x incX y incY a lda',
      ({ m, n }) => [m, n, [m, n]],
      ({ m, n, alpha, x, incX, y, incY, a }) => {
        const byRows = a.cs === 1
        const [outer, incOuter, inner, incInner] = byRows ? [x, incX, y, incY] : [y, incY, x, incX]
        const [major, minor] = byRows ? [m, n] : [n, m]
        contiguous(machine, minor, inner, incInner, (v) =>
          rankOne(major, alpha, outer, incOuter, v, byRows ? a : transposed(a), () => [0, minor]),
        )
      },
    ),
    symv: routine(
      machine,
      `${prefix}symv`,
      'order uplo n alpha a lda x incX beta y incY',
      ({ n }) => [[n, n], n, n],
      ({ uplo, n, alpha, a, x, incX, beta, y, incY }) => {
        const { stored, span } = lines(uplo, n, a)
        contiguous(machine, n, y, incY, (to) => {
          k.gemm(to, 1, 1, to, 1, 1, to, n, 1, n, 0, 0, beta, 0)
          if (alpha === 0) return
          contiguous(machine, n, x, incX, (from) => {
            const view = machine.numbers()
            for (let i = 0; i < n; i++) {
              const [start, end] = span(i)
              // Line i without the diagonal serves as a row and, mirrored, as a column.
              const [begin, length] = [start === i ? i + 1 : start, end - start - 1]
              const line = stored.at + (i * stored.rs + begin) * k.bytes
              const xi = element(from, i)
              const sum =
                k.dot(length, line, 1, from + begin * k.bytes, 1) + element(stored.at, i * (stored.rs + 1)) * xi
              k.axpy(length, alpha * xi, line, 1, to + begin * k.bytes, 1)
              view[to / k.bytes + i]! += alpha * sum
            }
          })
        })
      },
    ),
    syr: routine(
      machine,
      `${prefix}syr`,
      'order uplo n alpha x incX a lda',
      ({ n }) => [n, [n, n]],
      ({ uplo, n, alpha, x, incX, a }) => {
        const { stored, span } = lines(uplo, n, a)
        contiguous(machine, n, x, incX, (v) => rankOne(n, alpha, v, 1, v, stored, span))
      },
    ),
    syr2: routine(
      machine,
      `${prefix}syr2`,
      'order uplo n alpha x incX y incY a lda',
      ({ n }) => [n, n, [n, n]],
      ({ uplo, n, alpha, x, incX, y, incY, a }) => {
        const { stored, span } = lines(uplo, n, a)
        contiguous(machine, n, x, incX, (v) =>
          contiguous(machine, n, y, incY, (w) => {
            rankOne(n, alpha, v, 1, w, stored, span)
            rankOne(n, alpha, w, 1, v, stored, span)
          }),
        )
      },
    ),
    trmv: triangular(`${prefix}trmv`, triangleTimes),
    trsv: triangular(`${prefix}trsv`, triangleSolve),
  }
}
