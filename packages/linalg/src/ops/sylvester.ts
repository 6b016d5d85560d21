import { apply, defineOp, matmul, neg, ShapeError, show, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { composite } from './composite.ts'
import { asFloats, leading, matrixSize, spreadOver, squareSize, swap } from './shape.ts'

export const sylvesterOp: Op = defineOp({
  name: 'linalg/sylvester',
  risk: () => 'any',
  infer: ([, , c]) => c,
  vjp: ({ inputs: [a, b], outputs: [x], cotangents: [g] }) => {
    const s = apply(sylvesterOp, [swap(a), swap(b), g])
    return [neg(matmul(s, swap(x))), neg(matmul(swap(x), s)), s]
  },
})

const solveOp: Op = composite(
  'solveSylvester',
  ([a, b, c]) => {
    const m = squareSize('solveSylvester', a)
    const n = squareSize('solveSylvester', b)
    const [rows, columns] = matrixSize('solveSylvester', c)
    const differ = (x: number, y: number): boolean => x !== y && x !== -1 && y !== -1
    if (differ(m, rows) || differ(n, columns))
      throw new ShapeError(
        `solveSylvester: [m, m], [n, n] and [m, n] required, got ${show(a.shape, b.shape, c.shape)}; transpose one`,
      )
    return { shape: [...leading('solveSylvester', a, b, c), rows, columns], dtype: c.dtype }
  },
  ([a, b, c]) => {
    const axes = leading('solveSylvester', a, b, c)
    return apply(sylvesterOp, [spreadOver(axes, a), spreadOver(axes, b), spreadOver(axes, c)])
  },
)

/** The X of A X + X B = C: `[..., m, m], [..., n, n], [..., m, n] -> [..., m, n]`, leading axes broadcast.
 * @throws ShapeError, DTypeError; while running, LinalgError where A and -B have an eigenvalue in common, or something
 * is not finite
 * @see R. H. Bartels, G. W. Stewart, "Solution of the matrix equation AX + XB = C", 1972
 * @example const x = solveSylvester([[1, 2], [0, 3]], [[4]], [[1], [2]]) */
export const solveSylvester = (a: TensorLike, b: TensorLike, c: TensorLike): Tensor => apply(solveOp, asFloats(a, b, c))

/** The X of A X + X A^T = Q: `[..., n, n], [..., n, n] -> [..., n, n]`.
 * @throws ShapeError, DTypeError; LinalgError as `solveSylvester`
 * @see R. H. Bartels, G. W. Stewart, 1972
 * @example const x = solveLyapunov([[-1, 2], [0, -3]], [[-1, 0], [0, -1]]) */
export function solveLyapunov(a: TensorLike, q: TensorLike): Tensor {
  const [x, y] = asFloats(a, q)
  squareSize('solveLyapunov', x)
  return solveSylvester(x, swap(x), y)
}
