import {
  ColMajor, ConjTrans, Lower, NonUnit, NoTrans, RowMajor, Trans, Unit, Upper, checkSize, matrixLength, oneOf, vectorLength,
  type Diag, type Order, type RealArray, type Transpose, type Uplo,
} from './arguments.ts'
import { bind } from './bind.ts'
import { applied, appliedUplo, matrix, withScratch, type Machine, type Matrix } from './matrix.ts'
import { contiguous, triangleSolve, triangleTimes } from './triangle.ts'

/** Matrix-vector routines. Leading dimensions and increments in elements. Only the named triangle of a symmetric or triangular A is read. */
export interface Level2<A extends RealArray> {
  /** y = alpha op(A) x + beta y, A m x n. beta = 0 does not read y. */
  gemv(order: Order, trans: Transpose, m: number, n: number, alpha: number, a: A, lda: number, x: A, incX: number, beta: number, y: A, incY: number): void
  /** A = alpha x y^T + A, A m x n. */
  ger(order: Order, m: number, n: number, alpha: number, x: A, incX: number, y: A, incY: number, a: A, lda: number): void
  /** y = alpha A x + beta y, A symmetric. */
  symv(order: Order, uplo: Uplo, n: number, alpha: number, a: A, lda: number, x: A, incX: number, beta: number, y: A, incY: number): void
  /** A = alpha x x^T + A in the named triangle. */
  syr(order: Order, uplo: Uplo, n: number, alpha: number, x: A, incX: number, a: A, lda: number): void
  /** A = alpha (x y^T + y x^T) + A in the named triangle. */
  syr2(order: Order, uplo: Uplo, n: number, alpha: number, x: A, incX: number, y: A, incY: number, a: A, lda: number): void
  /** x = op(A) x, A triangular. `Unit`: the diagonal is 1 and not read. */
  trmv(order: Order, uplo: Uplo, trans: Transpose, diag: Diag, n: number, a: A, lda: number, x: A, incX: number): void
  /** Solves op(A) x = b in place, A triangular. A zero on the diagonal divides as IEEE 754 says. */
  trsv(order: Order, uplo: Uplo, trans: Transpose, diag: Diag, n: number, a: A, lda: number, x: A, incX: number): void
}

export function level2<A extends RealArray>(machine: Machine, prefix: string): Level2<A> {
  const { k, arena } = machine
  const first = (at: number, n: number, increment: number): number => (increment < 0 ? at + (1 - n) * increment * k.bytes : at)
  const element = (at: number, index: number): number => machine.numbers()[at / k.bytes + index]!
  const isRowMajor = (name: string, order: Order): boolean => oneOf(name, 'order', order, RowMajor, ColMajor) === RowMajor

  /** Adds alpha x_i y to line i of A for all lines, cut to the part that `span` gives. */
  const rankOne = (lines: number, alpha: number, x: number, incX: number, y: number, a: Matrix, span: (i: number) => readonly [from: number, to: number]): void => {
    for (let i = 0; i < lines; i++) {
      const [from, to] = span(i)
      const factor = alpha * element(first(x, lines, incX), i * incX)
      k.axpy(to - from, factor, y + from * k.bytes, 1, a.at + (i * a.rs + from) * k.bytes, 1)
    }
  }
  /** The stored triangle with contiguous lines: line i holds the columns that `span` gives. */
  const lines = (name: string, order: Order, uplo: Uplo, n: number, at: number, lda: number): { readonly a: Matrix; span(i: number): readonly [number, number] } => {
    const upper = (oneOf(name, 'uplo', uplo, Upper, Lower) === Upper) === isRowMajor(name, order)
    return { a: { at, rs: lda, cs: 1 }, span: (i) => (upper ? [i, n] : [0, i + 1]) }
  }
  const triangular = (name: string, run: typeof triangleTimes): Level2<A>['trmv'] =>
    (order, uplo, trans, diag, n, a, lda, x, incX) => {
      checkSize(name, 'n', n)
      oneOf(name, 'uplo', uplo, Upper, Lower)
      oneOf(name, 'trans', trans, NoTrans, Trans, ConjTrans)
      oneOf(name, 'diag', diag, NonUnit, Unit)
      isRowMajor(name, order)
      const lengths = [matrixLength(name, 'a', n, n, lda), vectorLength(name, 'X', n, incX)] as const
      if (n === 0) return
      bind(machine, name, [{ name: 'a', array: a, length: lengths[0] }, { name: 'x', array: x, length: lengths[1], output: true }], (p, q) =>
        contiguous(machine, n, q!, incX, (v) => run(machine, appliedUplo(trans, uplo), diag, n, applied(trans, matrix(order, p!, lda)), v)),
      )
    }

  return {
    gemv: (order, trans, m, n, alpha, a, lda, x, incX, beta, y, incY) => {
      const name = `${prefix}gemv`
      checkSize(name, 'm', m)
      checkSize(name, 'n', n)
      const [major, minor] = isRowMajor(name, order) ? [m, n] : [n, m]
      const [rows, columns] = oneOf(name, 'trans', trans, NoTrans, Trans, ConjTrans) === NoTrans ? [m, n] : [n, m]
      const lengths = [matrixLength(name, 'a', major, minor, lda), vectorLength(name, 'X', columns, incX), vectorLength(name, 'Y', rows, incY)] as const
      if (m === 0 || n === 0 || (alpha === 0 && beta === 1)) return
      const arrays = [
        { name: 'a', array: a, length: alpha === 0 ? 0 : lengths[0] },
        { name: 'x', array: x, length: alpha === 0 ? 0 : lengths[1] },
        { name: 'y', array: y, length: lengths[2], output: true },
      ]
      bind(machine, name, arrays, (p, q, r) => {
        const op = applied(trans, matrix(order, p!, lda))
        const [from, to] = [first(q!, columns, incX), first(r!, rows, incY)]
        if (alpha === 0) return k.gemm(p!, 1, 1, q!, 1, 1, to, incY, rows, 1, 0, 0, beta, 0, 0)
        withScratch(arena, (m + n) * k.bytes, (scratch) => k.gemv(op.at, op.rs, op.cs, from, incX, to, incY, rows, columns, alpha, beta, scratch))
      })
    },
    ger: (order, m, n, alpha, x, incX, y, incY, a, lda) => {
      const name = `${prefix}ger`
      checkSize(name, 'm', m)
      checkSize(name, 'n', n)
      const rowMajor = isRowMajor(name, order)
      const length = matrixLength(name, 'a', rowMajor ? m : n, rowMajor ? n : m, lda)
      const arrays = [
        { name: 'x', array: x, length: vectorLength(name, 'X', m, incX) },
        { name: 'y', array: y, length: vectorLength(name, 'Y', n, incY) },
        { name: 'a', array: a, length, output: true },
      ]
      if (m === 0 || n === 0 || alpha === 0) return
      bind(machine, name, arrays, (p, q, r) => {
        const [outer, incOuter, inner, incInner] = rowMajor ? [p!, incX, q!, incY] : [q!, incY, p!, incX]
        const [major, minor] = rowMajor ? [m, n] : [n, m]
        contiguous(machine, minor, inner, incInner, (v) => rankOne(major, alpha, outer, incOuter, v, { at: r!, rs: lda, cs: 1 }, () => [0, minor]))
      })
    },
    symv: (order, uplo, n, alpha, a, lda, x, incX, beta, y, incY) => {
      const name = `${prefix}symv`
      checkSize(name, 'n', n)
      const arrays = [
        { name: 'a', array: a, length: alpha === 0 ? 0 : matrixLength(name, 'a', n, n, lda) },
        { name: 'x', array: x, length: vectorLength(name, 'X', n, incX) },
        { name: 'y', array: y, length: vectorLength(name, 'Y', n, incY), output: true },
      ]
      lines(name, order, uplo, n, 0, lda)
      if (n === 0 || (alpha === 0 && beta === 1)) return
      bind(machine, name, arrays, (p, q, r) => {
        const { a: lower, span } = lines(name, order, uplo, n, p!, lda)
        contiguous(machine, n, r!, incY, (to) => {
          k.gemm(to, 1, 1, to, 1, 1, to, n, 1, n, 0, 0, beta, 0, 0)
          if (alpha === 0) return
          contiguous(machine, n, q!, incX, (from) => {
            const view = machine.numbers()
            for (let i = 0; i < n; i++) {
              const [start, end] = span(i)
              // Line i without the diagonal serves as a row and, mirrored, as a column.
              const [begin, length] = [start === i ? i + 1 : start, end - start - 1]
              const line = lower.at + (i * lower.rs + begin) * k.bytes
              const xi = element(from, i)
              const sum = k.dot(length, line, 1, from + begin * k.bytes, 1) + element(lower.at, i * (lower.rs + 1)) * xi
              k.axpy(length, alpha * xi, line, 1, to + begin * k.bytes, 1)
              view[to / k.bytes + i]! += alpha * sum
            }
          })
        })
      })
    },
    syr: (order, uplo, n, alpha, x, incX, a, lda) => {
      const name = `${prefix}syr`
      checkSize(name, 'n', n)
      const arrays = [
        { name: 'x', array: x, length: vectorLength(name, 'X', n, incX) },
        { name: 'a', array: a, length: matrixLength(name, 'a', n, n, lda), output: true },
      ]
      lines(name, order, uplo, n, 0, lda)
      if (n === 0 || alpha === 0) return
      bind(machine, name, arrays, (p, q) => {
        const { a: stored, span } = lines(name, order, uplo, n, q!, lda)
        contiguous(machine, n, p!, incX, (v) => rankOne(n, alpha, v, 1, v, stored, span))
      })
    },
    syr2: (order, uplo, n, alpha, x, incX, y, incY, a, lda) => {
      const name = `${prefix}syr2`
      checkSize(name, 'n', n)
      const arrays = [
        { name: 'x', array: x, length: vectorLength(name, 'X', n, incX) },
        { name: 'y', array: y, length: vectorLength(name, 'Y', n, incY) },
        { name: 'a', array: a, length: matrixLength(name, 'a', n, n, lda), output: true },
      ]
      lines(name, order, uplo, n, 0, lda)
      if (n === 0 || alpha === 0) return
      bind(machine, name, arrays, (p, q, r) => {
        const { a: stored, span } = lines(name, order, uplo, n, r!, lda)
        contiguous(machine, n, p!, incX, (v) =>
          contiguous(machine, n, q!, incY, (w) => {
            rankOne(n, alpha, v, 1, w, stored, span)
            rankOne(n, alpha, w, 1, v, stored, span)
          }),
        )
      })
    },
    trmv: triangular(`${prefix}trmv`, triangleTimes),
    trsv: triangular(`${prefix}trsv`, triangleSolve),
  }
}
