import { apply, defineOp, matmul, mul, sub, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { tril } from '@gradloom/ops'
import { asFloats, squareSize, swap, symmetric } from './shape.ts'
import { triangularSolveOp, triangularStacksOp } from './triangularSolve.ts'

/** The lower triangle, its diagonal halved. */
const halfLower = (x: Tensor): Tensor => sub(tril(x), mul(sub(tril(x), tril(x, -1)), 0.5))

export const choleskyOp: Op = defineOp({
  name: 'linalg/cholesky',
  risk: () => 'any',
  infer: ([a]) => {
    squareSize('cholesky', a)
    return a
  },
  flops: ([{ shape }]) => (shape.reduce((product, n) => product * n, 1) * shape.at(-1)!) / 3,
  // A' = L^-T P(L^T L') L^-1, symmetric part
  vjp: ({ outputs: [l], cotangents: [g] }) => {
    const attrs = { lower: true, transpose: true, unitDiagonal: false, name: 'cholesky' }
    const left = apply(triangularSolveOp, [l, halfLower(matmul(swap(l), g))], attrs)
    return [symmetric(apply(triangularSolveOp, [l, swap(left)], attrs))]
  },
})

/** The lower triangular L with positive diagonal of A = L L^T: `[..., n, n] -> [..., n, n]`. Reads the symmetric part
 * of A, and the gradient is symmetric.
 * @throws ShapeError, DTypeError; while running, LinalgError where A is not positive definite (it names the pivot), or
 * not finite
 * @see I. Murray, "Differentiation of the Cholesky decomposition", 2016, https://arxiv.org/abs/1602.07527
 * @example const l = cholesky([[4, 2], [2, 3]]) */
export const cholesky = (a: TensorLike): Tensor => apply(choleskyOp, asFloats(a))

/** The X of L L^T X = B for a factor of `cholesky`: `[..., n, n], [..., n, m] -> [..., n, m]`, leading axes broadcast.
 * @throws ShapeError, DTypeError; LinalgError as `triangularSolve`
 * @example const x = choleskySolve(cholesky(a), b) */
export function choleskySolve(l: TensorLike, b: TensorLike): Tensor {
  const [factor, right] = asFloats(l, b)
  const attrs = { lower: true, transpose: false, unitDiagonal: false, name: 'choleskySolve' }
  const half = apply(triangularStacksOp, [factor, right], attrs)
  return apply(triangularStacksOp, [factor, half], { ...attrs, transpose: true })
}
