import {
  ColMajor, ConjTrans, Left, Lower, NonUnit, NoTrans, Right, RowMajor, Trans, Unit, Upper, checkSize, matrixLength, oneOf,
  type Diag, type Order, type RealArray, type Side, type Transpose, type Uplo,
} from './arguments.ts'
import { bind } from './bind.ts'
import { applied, appliedUplo, matrix, multiply, part, scaleMatrix, transposed, withScratch, type Machine, type Matrix } from './matrix.ts'
import { blockedTriangle } from './blocked.ts'

/** Matrix-matrix routines. Leading dimensions in elements. beta = 0 does not read C; alpha = 0 does not read A and B. */
export interface Level3<A extends RealArray> {
  /** C = alpha op(A) op(B) + beta C; op(A) m x k, op(B) k x n. */
  gemm(order: Order, transA: Transpose, transB: Transpose, m: number, n: number, k: number, alpha: number, a: A, lda: number, b: A, ldb: number, beta: number, c: A, ldc: number): void
  /** C = alpha A B + beta C (Left) or alpha B A + beta C (Right), A symmetric, C m x n. */
  symm(order: Order, side: Side, uplo: Uplo, m: number, n: number, alpha: number, a: A, lda: number, b: A, ldb: number, beta: number, c: A, ldc: number): void
  /** C = alpha A A^T + beta C (NoTrans, A n x k) or alpha A^T A + beta C, in the named triangle of C. */
  syrk(order: Order, uplo: Uplo, trans: Transpose, n: number, k: number, alpha: number, a: A, lda: number, beta: number, c: A, ldc: number): void
  /** C = alpha (A B^T + B A^T) + beta C (NoTrans) or alpha (A^T B + B^T A) + beta C, in the named triangle of C. */
  syr2k(order: Order, uplo: Uplo, trans: Transpose, n: number, k: number, alpha: number, a: A, lda: number, b: A, ldb: number, beta: number, c: A, ldc: number): void
  /** B = alpha op(A) B (Left) or alpha B op(A) (Right), A triangular, B m x n. */
  trmm(order: Order, side: Side, uplo: Uplo, trans: Transpose, diag: Diag, m: number, n: number, alpha: number, a: A, lda: number, b: A, ldb: number): void
  /** Solves op(A) X = alpha B (Left) or X op(A) = alpha B (Right) in place, A triangular, B m x n. */
  trsm(order: Order, side: Side, uplo: Uplo, trans: Transpose, diag: Diag, m: number, n: number, alpha: number, a: A, lda: number, b: A, ldb: number): void
}

/** Rows of the diagonal blocks of a symmetric product: half of such a block is computed in vain. */
const BLOCK = 64

export function level3<A extends RealArray>(machine: Machine, prefix: string): Level3<A> {
  const { k: kernels, arena } = machine
  /** Elements of a rows x columns matrix. */
  const extent = (name: string, argument: string, order: Order, rows: number, columns: number, leading: number): number =>
    oneOf(name, 'order', order, RowMajor, ColMajor) === RowMajor
      ? matrixLength(name, argument, rows, columns, leading)
      : matrixLength(name, argument, columns, rows, leading)
  const isPlain = (name: string, argument: string, trans: Transpose): boolean => oneOf(name, argument, trans, NoTrans, Trans, ConjTrans) === NoTrans

  /** Rank-k updates of a triangle: a sum of products op(A) op(B)^T. */
  const update = (name: string, order: Order, uplo: Uplo, trans: Transpose, n: number, k: number, alpha: number, operands: readonly (readonly [argument: string, array: A, leading: number])[], beta: number, c: A, ldc: number): void => {
    checkSize(name, 'n', n)
    checkSize(name, 'k', k)
    oneOf(name, 'uplo', uplo, Upper, Lower)
    const [rows, columns] = isPlain(name, 'trans', trans) ? [n, k] : [k, n]
    const arrays = operands.map(([argument, array, leading]) => ({ name: argument, array, length: extent(name, argument, order, rows, columns, leading) }))
    const length = extent(name, 'c', order, n, n, ldc)
    if (n === 0 || ((alpha === 0 || k === 0) && beta === 1)) return
    const skip = alpha === 0 || k === 0
    const inputs = arrays.map((argument) => (skip ? { ...argument, length: 0 } : argument))
    bind(machine, name, [{ name: 'c', array: c, length, output: true }, ...inputs], (cAt, ...at) => {
      const to = matrix(order, cAt!, ldc)
      const views = at.map((address, index) => applied(trans, matrix(order, address, operands[index]![2])))
      const pairs = views.length === 1 ? [[views[0]!, views[0]!]] : [[views[0]!, views[1]!], [views[1]!, views[0]!]]
      const depth = skip ? 0 : k
      withScratch(arena, BLOCK * BLOCK * kernels.bytes, (scratch) => {
        const square: Matrix = { at: scratch, rs: BLOCK, cs: 1 }
        for (let i = 0; i < n; i += BLOCK) {
          const size = Math.min(BLOCK, n - i)
          const [from, width] = uplo === Upper ? [i + size, n - i - size] : [0, i]
          pairs.forEach(([left, right], index) => {
            const a = part(kernels, left!, i, 0)
            const now = index === 0 ? beta : 1
            multiply(machine, size, width, depth, alpha, a, transposed(part(kernels, right!, from, 0)), now, part(kernels, to, i, from))
            multiply(machine, size, size, depth, alpha, a, transposed(part(kernels, right!, i, 0)), index, square)
          })
          const view = machine.numbers()
          for (let r = 0; r < size; r++)
            for (let s = uplo === Upper ? r : 0; s < (uplo === Upper ? size : r + 1); s++) {
              const target = to.at / kernels.bytes + (i + r) * to.rs + (i + s) * to.cs
              const value = view[scratch / kernels.bytes + r * BLOCK + s]!
              view[target] = beta === 0 ? value : value + beta * view[target]!
            }
        }
      })
    })
  }

  const triangular = (name: string, solve: boolean): Level3<A>['trmm'] =>
    (order, side, uplo, trans, diag, m, n, alpha, a, lda, b, ldb) => {
      checkSize(name, 'm', m)
      checkSize(name, 'n', n)
      oneOf(name, 'uplo', uplo, Upper, Lower)
      oneOf(name, 'diag', diag, NonUnit, Unit)
      isPlain(name, 'transA', trans)
      const size = oneOf(name, 'side', side, Left, Right) === Left ? m : n
      const lengths = [extent(name, 'a', order, size, size, lda), extent(name, 'b', order, m, n, ldb)] as const
      if (m === 0 || n === 0) return
      const arrays = [{ name: 'a', array: a, length: alpha === 0 ? 0 : lengths[0] }, { name: 'b', array: b, length: lengths[1], output: true }]
      bind(machine, name, arrays, (p, q) => {
        const [t, x] = [applied(trans, matrix(order, p!, lda)), matrix(order, q!, ldb)]
        const triangle = appliedUplo(trans, uplo)
        scaleMatrix(machine, m, n, alpha, x)
        if (alpha === 0) return
        // X T is (T^T X^T)^T, and the other triangle.
        if (side === Left) blockedTriangle(machine, solve, triangle, diag, m, n, t, x)
        else blockedTriangle(machine, solve, triangle === Upper ? Lower : Upper, diag, n, m, transposed(t), transposed(x))
      })
    }

  return {
    gemm: (order, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) => {
      const name = `${prefix}gemm`
      for (const [argument, size] of [['m', m], ['n', n], ['k', k]] as const) checkSize(name, argument, size)
      const [plainA, plainB] = [isPlain(name, 'transA', transA), isPlain(name, 'transB', transB)]
      const skip = alpha === 0 || k === 0
      const lengths = [
        extent(name, 'a', order, plainA ? m : k, plainA ? k : m, lda),
        extent(name, 'b', order, plainB ? k : n, plainB ? n : k, ldb),
        extent(name, 'c', order, m, n, ldc),
      ] as const
      if (m === 0 || n === 0 || (skip && beta === 1)) return
      const arrays = [
        { name: 'a', array: a, length: skip ? 0 : lengths[0] },
        { name: 'b', array: b, length: skip ? 0 : lengths[1] },
        { name: 'c', array: c, length: lengths[2], output: true },
      ]
      bind(machine, name, arrays, (p, q, r) =>
        multiply(machine, m, n, skip ? 0 : k, alpha, applied(transA, matrix(order, p!, lda)), applied(transB, matrix(order, q!, ldb)), beta, matrix(order, r!, ldc)),
      )
    },
    symm: (order, side, uplo, m, n, alpha, a, lda, b, ldb, beta, c, ldc) => {
      const name = `${prefix}symm`
      checkSize(name, 'm', m)
      checkSize(name, 'n', n)
      oneOf(name, 'uplo', uplo, Upper, Lower)
      const size = oneOf(name, 'side', side, Left, Right) === Left ? m : n
      const lengths = [extent(name, 'a', order, size, size, lda), extent(name, 'b', order, m, n, ldb), extent(name, 'c', order, m, n, ldc)] as const
      if (m === 0 || n === 0 || (alpha === 0 && beta === 1)) return
      const arrays = [
        { name: 'a', array: a, length: alpha === 0 ? 0 : lengths[0] },
        { name: 'b', array: b, length: alpha === 0 ? 0 : lengths[1] },
        { name: 'c', array: c, length: lengths[2], output: true },
      ]
      bind(machine, name, arrays, (p, q, r) => {
        const to = matrix(order, r!, ldc)
        if (alpha === 0) return scaleMatrix(machine, m, n, beta, to)
        const [stored, other] = [matrix(order, p!, lda), matrix(order, q!, ldb)]
        // The whole of A, mirrored: size^2 numbers copied for 2 size^2 n operations.
        withScratch(arena, size * size * kernels.bytes, (scratch) => {
          const whole: Matrix = { at: scratch, rs: size, cs: 1 }
          for (let i = 0; i < size; i++) {
            const [from, count] = uplo === Upper ? [i, size - i] : [0, i + 1]
            const line = part(kernels, stored, i, from).at
            kernels.copy(count, line, stored.cs, part(kernels, whole, i, from).at, 1)
            kernels.copy(count, line, stored.cs, part(kernels, whole, from, i).at, size)
          }
          if (side === Left) multiply(machine, m, n, m, alpha, whole, other, beta, to)
          else multiply(machine, m, n, n, alpha, other, whole, beta, to)
        })
      })
    },
    syrk: (order, uplo, trans, n, k, alpha, a, lda, beta, c, ldc) => update(`${prefix}syrk`, order, uplo, trans, n, k, alpha, [['a', a, lda]], beta, c, ldc),
    syr2k: (order, uplo, trans, n, k, alpha, a, lda, b, ldb, beta, c, ldc) =>
      update(`${prefix}syr2k`, order, uplo, trans, n, k, alpha, [['a', a, lda], ['b', b, ldb]], beta, c, ldc),
    trmm: triangular(`${prefix}trmm`, false),
    trsm: triangular(`${prefix}trsm`, true),
  }
}
