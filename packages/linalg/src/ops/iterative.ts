import {
  applyAll,
  defineOp,
  lessEqual,
  matmul,
  neg,
  ShapeError,
  show,
  type Meta,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { checkBy, rulesOf, settings } from '@gradloom/core/extend'
import type { KrylovAttrs, Method } from '../kernels/krylov.ts'
import { composite } from './composite.ts'
import { solvedByOperator, type LinearOperator } from './operatorSolver.ts'
import { asColumns, asFloats, leading, matrixSize, spreadOver, squareSize, swap } from './shape.ts'

export const krylovOp: Op<KrylovAttrs> = defineOp<KrylovAttrs>({
  name: 'linalg/krylov',
  risk: () => 'any',
  infer: ([, b]) => {
    const counts = b.shape.toSpliced(-2, 1)
    return [b, { shape: counts, dtype: 'int32' }, { shape: counts, dtype: b.dtype }]
  },
  // By the implicit function theorem, not through the iterations.
  vjp: ({ inputs: [a], outputs: [x], cotangents: [g], attrs }) => {
    const [gradB] = applyAll(krylovOp, [attrs.method === 'conjugateGradient' ? a : swap(a), g], attrs)
    return [neg(matmul(gradB, swap(x))), gradB]
  },
})

interface SolverAttrs extends KrylovAttrs {
  readonly isVector: boolean
}

const solverOp: Op<SolverAttrs> = composite<SolverAttrs>(
  'iterative solver',
  ([a, b], { method, isVector }) => {
    const n = squareSize(method, a)
    const columns: Meta = isVector ? { shape: [...b.shape, 1], dtype: b.dtype } : b
    const [rows, width] = matrixSize(method, columns)
    if (n !== rows && n !== -1 && rows !== -1)
      throw new ShapeError(`${method}: as many rows as columns required, got ${show(a.shape, b.shape)}; transpose one`)
    const axes = leading(method, a, columns)
    const counts = isVector ? axes : [...axes, width]
    return [
      { shape: [...axes, rows, ...(isVector ? [] : [width])], dtype: b.dtype },
      { shape: counts, dtype: 'int32' },
      { shape: counts, dtype: b.dtype },
    ]
  },
  ([a, b], { isVector, ...attrs }) => {
    const right = asColumns(b, isVector)
    const axes = leading(attrs.method, a, right)
    const [x, iterations, residual] = applyAll(krylovOp, [spreadOver(axes, a), spreadOver(axes, right)], attrs)
    return isVector ? [x, iterations, residual].map((t) => t.squeeze(-1)) : [x, iterations, residual]
  },
)

export interface IterativeOptions {
  /** Of the residual's norm, relative to that of b: 1e-6 by default. */
  readonly tolerance?: number
  /** By default 1000, at most 2147483647: those left after the last that counts cost next to nothing. */
  readonly maxIterations?: number
}
export interface GmresOptions extends IterativeOptions {
  /** Directions that are kept before it starts again: 30 by default. */
  readonly restart?: number
}

/** Iterations are counted in int32. */
const RULES = /* @__PURE__ */ rulesOf(`a number in [0, Infinity): tolerance
a whole number in [0, 2147483647]: maxIterations
a whole number in [1, 2147483647]: restart`)

/** What an iterative solver gives: `x`, and for each column, or for all of b where A is a function, how many iterations
 * it took, the norm of b - A x over that of b, and whether that is at most the tolerance. */
export interface IterativeSolution {
  readonly x: Tensor
  readonly iterations: Tensor
  readonly residual: Tensor
  readonly converged: Tensor
}

function solvedByMatrix(a: TensorLike, b: TensorLike, attrs: KrylovAttrs): readonly Tensor[] {
  const [left, right] = asFloats(a, b)
  return applyAll(solverOp, [left, right], { ...attrs, isVector: right.rank === 1 })
}

function solution(
  method: Method,
  a: TensorLike | LinearOperator,
  b: TensorLike,
  options: GmresOptions | undefined,
): IterativeSolution {
  const common = { tolerance: 1e-6, maxIterations: 1000 }
  const defaults = method === 'gmres' ? { ...common, restart: 30 } : common
  const given = settings<IterativeOptions>(method, options, defaults, checkBy(RULES))
  const attrs = { method, restart: 0, ...(given as typeof common) }
  const [x, iterations, residual] =
    typeof a === 'function' ? solvedByOperator(a, b, attrs) : solvedByMatrix(a, b, attrs)
  return { x, iterations, residual, converged: lessEqual(residual, attrs.tolerance) }
}

/** The x of A x = b for symmetric positive definite A, by conjugate gradients from 0. It stops where A shows not to be
 * positive definite.
 *
 * A is a matrix, `[..., n, n], [..., n, m] -> [..., n, m]`, leading axes broadcast, and b can be a vector; or A is a
 * linear function of tensors of b's shape, whatever that is. A function is called once, to build the graph; gradients
 * reach what it uses beside its argument. The gradient solves one more system, with the transposed matrix, to the same
 * tolerance: it means little where `converged` is false.
 * A function's values that are not finite end the iteration without convergence.
 * @throws ShapeError, DTypeError, SettingError; while running, LinalgError for a matrix that is not finite
 * @see M. R. Hestenes, E. Stiefel, "Methods of conjugate gradients for solving linear systems", 1952
 * @example const { x, converged } = conjugateGradient([[4, 1], [1, 3]], [1, 2])
 * @example const { x } = conjugateGradient((v) => v.mul(3).sub(roll(v, 1)).sub(roll(v, -1)), b) */
export const conjugateGradient = (
  a: TensorLike | LinearOperator,
  b: TensorLike,
  options?: IterativeOptions,
): IterativeSolution => solution('conjugateGradient', a, b, options)

/** The x of A x = b for any A, by stabilised biconjugate gradients from 0; A, shapes, gradient and errors are as for
 * `conjugateGradient`. An iteration takes two products with A.
 * @see H. A. van der Vorst, "Bi-CGSTAB", 1992, https://doi.org/10.1137/0913035
 * @example const { x, residual } = bicgstab([[4, 1], [0, 3]], [1, 2]) */
export const bicgstab = (
  a: TensorLike | LinearOperator,
  b: TensorLike,
  options?: IterativeOptions,
): IterativeSolution => solution('bicgstab', a, b, options)

/** The x of A x = b for any A, by generalised minimal residuals from 0; A, shapes, gradient and errors are as for
 * `conjugateGradient`.
 * @see Y. Saad, M. H. Schultz, "GMRES", 1986, https://doi.org/10.1137/0907058
 * @example const { x, iterations } = gmres([[0, 1], [-1, 0]], [1, 2]) */
export const gmres = (a: TensorLike | LinearOperator, b: TensorLike, options?: GmresOptions): IterativeSolution =>
  solution('gmres', a, b, options)
