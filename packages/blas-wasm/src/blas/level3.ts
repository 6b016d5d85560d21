import {
  Left,
  Lower,
  NoTrans,
  Upper,
  type Diag,
  type Order,
  type RealArray,
  type Side,
  type Transpose,
  type Uplo,
} from './arguments.ts'
import {
  applied,
  appliedUplo,
  multiply,
  part,
  scaleMatrix,
  transposed,
  withScratch,
  type Machine,
  type Matrix,
} from './matrix.ts'
import { blockedTriangle } from './blocked.ts'
import { routine, type Bound, type Extent } from './routine.ts'

/** Matrix-matrix routines. Leading dimensions in elements. beta = 0 does not read C; alpha = 0 does not read A and B.
 * */
export interface Level3<A extends RealArray> {
  /** C = alpha op(A) op(B) + beta C; op(A) m x k, op(B) k x n. */
  gemm(
    order: Order,
    transA: Transpose,
    transB: Transpose,
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: A,
    lda: number,
    b: A,
    ldb: number,
    beta: number,
    c: A,
    ldc: number,
  ): void
  /** C = alpha A B + beta C (Left) or alpha B A + beta C (Right), A symmetric, C m x n. */
  symm(
    order: Order,
    side: Side,
    uplo: Uplo,
    m: number,
    n: number,
    alpha: number,
    a: A,
    lda: number,
    b: A,
    ldb: number,
    beta: number,
    c: A,
    ldc: number,
  ): void
  /** C = alpha A A^T + beta C (NoTrans, A n x k) or alpha A^T A + beta C, in the named triangle of C. */
  syrk(
    order: Order,
    uplo: Uplo,
    trans: Transpose,
    n: number,
    k: number,
    alpha: number,
    a: A,
    lda: number,
    beta: number,
    c: A,
    ldc: number,
  ): void
  /** C = alpha (A B^T + B A^T) + beta C (NoTrans) or alpha (A^T B + B^T A) + beta C, in the named triangle of C. */
  syr2k(
    order: Order,
    uplo: Uplo,
    trans: Transpose,
    n: number,
    k: number,
    alpha: number,
    a: A,
    lda: number,
    b: A,
    ldb: number,
    beta: number,
    c: A,
    ldc: number,
  ): void
  /** B = alpha op(A) B (Left) or alpha B op(A) (Right), A triangular, B m x n. */
  trmm(
    order: Order,
    side: Side,
    uplo: Uplo,
    trans: Transpose,
    diag: Diag,
    m: number,
    n: number,
    alpha: number,
    a: A,
    lda: number,
    b: A,
    ldb: number,
  ): void
  /** Solves op(A) X = alpha B (Left) or X op(A) = alpha B (Right) in place, A triangular, B m x n. */
  trsm(
    order: Order,
    side: Side,
    uplo: Uplo,
    trans: Transpose,
    diag: Diag,
    m: number,
    n: number,
    alpha: number,
    a: A,
    lda: number,
    b: A,
    ldb: number,
  ): void
}

/** Rows of the diagonal blocks of a symmetric product: half of such a block is computed in vain. */
const BLOCK = 64

export function level3<A extends RealArray>(machine: Machine, prefix: string): Level3<A> {
  const { k: kernels, arena } = machine
  /** What X of rows x columns is stored as, if op(X) is. */
  const stored = (trans: Transpose, rows: number, columns: number): Extent =>
    trans === NoTrans ? [rows, columns] : [columns, rows]

  /** Rank-k updates of a triangle: a sum of products op(A) op(B)^T, given as pairs. */
  const update = (
    { uplo, n, alpha, beta, c }: Pick<Bound, 'uplo' | 'n' | 'alpha' | 'beta' | 'c'>,
    k: number,
    pairs: readonly (readonly [Matrix, Matrix])[],
  ): void => {
    const depth = alpha === 0 ? 0 : k
    withScratch(arena, BLOCK * BLOCK * kernels.bytes, (scratch) => {
      const square: Matrix = { at: scratch, rs: BLOCK, cs: 1 }
      for (let i = 0; i < n; i += BLOCK) {
        const size = Math.min(BLOCK, n - i)
        const [from, width] = uplo === Upper ? [i + size, n - i - size] : [0, i]
        pairs.forEach(([left, right], index) => {
          const a = part(kernels, left, i, 0)
          const now = index === 0 ? beta : 1
          multiply(
            machine,
            size,
            width,
            depth,
            alpha,
            a,
            transposed(part(kernels, right, from, 0)),
            now,
            part(kernels, c, i, from),
          )
          multiply(machine, size, size, depth, alpha, a, transposed(part(kernels, right, i, 0)), index, square)
        })
        const view = machine.numbers()
        for (let r = 0; r < size; r++)
          for (let s = uplo === Upper ? r : 0; s < (uplo === Upper ? size : r + 1); s++) {
            const target = c.at / kernels.bytes + (i + r) * c.rs + (i + s) * c.cs
            const value = view[scratch / kernels.bytes + r * BLOCK + s]!
            view[target] = beta === 0 ? value : value + beta * view[target]!
          }
      }
    })
  }
  // The factor alpha is that of the array that changes: `beta` to the checks.
  const triangular = (name: string, solve: boolean): Level3<A>['trmm'] =>
    routine(
      machine,
      name,
      'order side uplo transA diag m n beta a lda b ldb',
      ({ side, m, n }) => [side === Left ? [m, m] : [n, n], [m, n]],
      ({ side, uplo, transA, diag, m, n, beta, a, b }) => {
        const t = applied(transA, a)
        const triangle = appliedUplo(transA, uplo)
        scaleMatrix(machine, m, n, beta, b)
        if (beta === 0) return
        // X T is (T^T X^T)^T, and the other triangle.
        if (side === Left) blockedTriangle(machine, solve, triangle, diag, m, n, t, b)
        else
          blockedTriangle(machine, solve, triangle === Upper ? Lower : Upper, diag, n, m, transposed(t), transposed(b))
      },
    )

  return {
    gemm: routine(
      machine,
      `${prefix}gemm`,
      'order transA transB m n k alpha a lda b ldb beta c ldc',
      ({ transA, transB, m, n, k }) => [stored(transA, m, k), stored(transB, k, n), [m, n]],
      ({ transA, transB, m, n, k, alpha, a, b, beta, c }) =>
        multiply(machine, m, n, alpha === 0 ? 0 : k, alpha, applied(transA, a), applied(transB, b), beta, c),
    ),
    symm: routine(
      machine,
      `${prefix}symm`,
      'order side uplo m n alpha a lda b ldb beta c ldc',
      ({ side, m, n }) => [side === Left ? [m, m] : [n, n], [m, n], [m, n]],
      ({ side, uplo, m, n, alpha, a, b, beta, c }) => {
        if (alpha === 0) return scaleMatrix(machine, m, n, beta, c)
        const size = side === Left ? m : n
        // The whole of A, mirrored: size^2 numbers copied for 2 size^2 n operations.
        withScratch(arena, size * size * kernels.bytes, (scratch) => {
          const whole: Matrix = { at: scratch, rs: size, cs: 1 }
          for (let i = 0; i < size; i++) {
            const [from, count] = uplo === Upper ? [i, size - i] : [0, i + 1]
            const line = part(kernels, a, i, from).at
            kernels.copy(count, line, a.cs, part(kernels, whole, i, from).at, 1)
            kernels.copy(count, line, a.cs, part(kernels, whole, from, i).at, size)
          }
          if (side === Left) multiply(machine, m, n, m, alpha, whole, b, beta, c)
          else multiply(machine, m, n, n, alpha, b, whole, beta, c)
        })
      },
    ),
    syrk: routine(
      machine,
      `${prefix}syrk`,
      'order uplo trans n k alpha a lda beta c ldc',
      ({ trans, n, k }) => [stored(trans, n, k), [n, n]],
      (v) => {
        const op = applied(v.trans, v.a)
        update(v, v.k, [[op, op]])
      },
    ),
    syr2k: routine(
      machine,
      `${prefix}syr2k`,
      'order uplo trans n k alpha a lda b ldb beta c ldc',
      ({ trans, n, k }) => [stored(trans, n, k), stored(trans, n, k), [n, n]],
      (v) => {
        const [left, right] = [applied(v.trans, v.a), applied(v.trans, v.b)]
        update(v, v.k, [
          [left, right],
          [right, left],
        ])
      },
    ),
    trmm: triangular(`${prefix}trmm`, false),
    trsm: triangular(`${prefix}trsm`, true),
  }
}
