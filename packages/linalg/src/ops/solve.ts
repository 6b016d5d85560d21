import {
  apply,
  applyAll,
  defineOp,
  matmul,
  neg,
  ShapeError,
  show,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { constant } from '@gradloom/core/extend'
import { eye } from '@gradloom/ops'
import type { Named } from '../kernels/kernel.ts'
import { composite } from './composite.ts'
import { asColumns, asFloats, leading, matrixSize, spreadOver, squareSize, swap } from './shape.ts'

/** L and U in one matrix, the order of the rows, the determinant, its sign and the logarithm of its magnitude: what
 * reads them has the gradient. */
export const luFactorOp: Op<Named> = defineOp<Named>({
  name: 'linalg/luFactor',
  risk: () => 'any',
  identity: () => 0,
  infer: ([a]) => {
    const scalar = { shape: a.shape.slice(0, -2), dtype: a.dtype }
    return [a, { shape: a.shape.slice(0, -1), dtype: 'int32' }, scalar, scalar, scalar]
  },
  vjp: constant,
})

export interface LuSolveAttrs extends Named {
  readonly transpose: boolean
}

/** The X of A X = B from A, its factors, the order of their rows, and B. */
export const luSolveOp: Op<LuSolveAttrs> = defineOp<LuSolveAttrs>({
  name: 'linalg/luSolve',
  risk: () => 'any',
  identity: ({ transpose }) => transpose,
  infer: ([, , , b]) => b,
  vjp: ({ inputs: [a, factors, order], outputs: [x], cotangents: [g], attrs: { transpose, name } }) => {
    const gradB = apply(luSolveOp, [a, factors, order, g], { transpose: !transpose, name })
    return [neg(transpose ? matmul(x, swap(gradB)) : matmul(gradB, swap(x))), null, null, gradB]
  },
})

/** The X of A X = B for stacks of one shape. */
export const solved = (name: string, a: Tensor, b: Tensor): Tensor => {
  const [factors, order] = applyAll(luFactorOp, [a], { name })
  return apply(luSolveOp, [a, factors, order, b], { transpose: false, name })
}

interface SolveAttrs {
  readonly isVector: boolean
}

const solveOp: Op<SolveAttrs> = composite<SolveAttrs>(
  'solve',
  ([a, b], { isVector }) => {
    const n = squareSize('solve', a)
    const [rows, columns] = isVector ? [b.shape[0], 1] : matrixSize('solve', b)
    if (n !== rows && n !== -1 && rows !== -1)
      throw new ShapeError(`solve: as many rows as columns required, got ${show(a.shape, b.shape)}; transpose one`)
    return isVector ? b : { shape: [...leading('solve', a, b), rows, columns], dtype: b.dtype }
  },
  ([a, b], { isVector }) => {
    const right = asColumns(b, isVector)
    const axes = leading('solve', a, right)
    const x = solved('solve', spreadOver(axes, a), spreadOver(axes, right))
    return isVector ? x.reshape(b.shape) : x
  },
)

/** The X of A X = B: `[..., n, n], [..., n, m] -> [..., n, m]`, leading axes broadcast; a vector b `[n]` gives a vector
 * for one matrix. The factors of A are shared with the gradient.
 * @throws ShapeError, DTypeError; while running, LinalgError where A is singular, or something is not finite
 * @see M. Giles, "An extended collection of matrix derivative results", 2008, section 2.3.1
 * @example const x = solve([[3, 1], [1, 2]], [9, 8]) */
export function solve(a: TensorLike, b: TensorLike): Tensor {
  const [left, right] = asFloats(a, b)
  if (right.rank === 1 && left.rank !== 2)
    throw new ShapeError(
      `solve: one matrix required for a vector, got ${show(left.shape, right.shape)}; use expandDims`,
    )
  return apply(solveOp, [left, right], { isVector: right.rank === 1 })
}

const invOp: Op<Named> = composite<Named>(
  'inv',
  ([a], { name }) => {
    squareSize(name, a)
    return a
  },
  ([a], { name }) => solved(name, a, spreadOver(a.shape.slice(0, -2), eye(a.shape.at(-1)!, { dtype: a.dtype }))),
)

/** The inverse, where errors speak for another function. */
export const inverse = (name: string, a: Tensor): Tensor => apply(invOp, [a], { name })

/** The inverse: `[..., n, n] -> [..., n, n]`. To solve equations, `solve` is faster and more accurate.
 * @throws ShapeError, DTypeError; while running, LinalgError where A is singular, or not finite
 * @example const b = inv([[2, 0], [0, 4]]) */
export const inv = (a: TensorLike): Tensor => inverse('inv', ...asFloats(a))
