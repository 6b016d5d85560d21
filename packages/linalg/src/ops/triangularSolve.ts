import { apply, defineOp, matmul, neg, ShapeError, show, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { settings } from '@gradloom/core/extend'
import { tril, triu } from '@gradloom/ops'
import type { TriangularAttrs } from '../kernels/triangular.ts'
import { asFloats, leading, matrixSize, spreadOver, squareSize, swap } from './shape.ts'
import { composite } from './composite.ts'

/** Over stacks of one shape. */
export const triangularSolveOp: Op<TriangularAttrs> = defineOp<TriangularAttrs>({
  name: 'linalg/triangularSolve',
  risk: () => 'any',
  identity: ({ lower, transpose, unitDiagonal }) => [lower, transpose, unitDiagonal],
  infer: ([, b]) => b,
  flops: ([a, b]) => a.shape.at(-1)! * b.shape.reduce((product, n) => product * n, 1),
  vjp: ({ inputs: [a], outputs: [x], cotangents: [g], attrs }) => {
    const gradB = apply(triangularSolveOp, [a, g], { ...attrs, transpose: !attrs.transpose })
    const gradA = neg(attrs.transpose ? matmul(x, swap(gradB)) : matmul(gradB, swap(x)))
    const k = attrs.unitDiagonal ? 1 : 0
    return [attrs.lower ? tril(gradA, -k) : triu(gradA, k), gradB]
  },
})

export const triangularStacksOp: Op<TriangularAttrs> = composite<TriangularAttrs>(
  'triangularSolve of stacks',
  ([a, b], { name = 'triangularSolve' }) => {
    const n = squareSize(name, a)
    const [rows, columns] = matrixSize(name, b)
    if (n !== rows && n !== -1 && rows !== -1)
      throw new ShapeError(`${name}: as many rows as columns required, got ${show(a.shape, b.shape)}`)
    return { shape: [...leading(name, a, b), rows, columns], dtype: b.dtype }
  },
  ([a, b], attrs) => {
    const axes = leading('triangularSolve', a, b)
    return apply(triangularSolveOp, [spreadOver(axes, a), spreadOver(axes, b)], attrs)
  },
)

export interface TriangularSolveOptions {
  readonly lower?: boolean
  readonly transpose?: boolean
  readonly unitDiagonal?: boolean
}

/** The X of A X = B, or with `transpose` of A^T X = B, where only the upper triangle of A is read, with `lower` the
 * lower one; with `unitDiagonal` its diagonal counts as ones. `[..., n, n], [..., n, m] -> [..., n, m]`, leading axes
 * broadcast. The gradient in A lies in the triangle that is read.
 * @throws ShapeError, DTypeError; while running, LinalgError where the diagonal holds a zero, or
 * something is not finite
 * @see M. Giles, "An extended collection of matrix derivative results", 2008, section 2.2.3
 * @example const x = triangularSolve(cholesky(a), b, { lower: true }) */
export function triangularSolve(a: TensorLike, b: TensorLike, options?: TriangularSolveOptions): Tensor {
  const attrs = settings<TriangularAttrs>('triangularSolve', options, {
    lower: false,
    transpose: false,
    unitDiagonal: false,
  })
  return apply(triangularStacksOp, asFloats(a, b), attrs)
}
