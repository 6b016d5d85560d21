import { apply, defineOp, matmul, neg, ShapeError, show, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import type { Named } from '../kernels/kernel.ts'
import { composite } from './composite.ts'
import { asFloats, leading, matrixSize, spreadOver, squareSize, swap } from './shape.ts'

export const sylvesterOp: Op<Named> = defineOp<Named>({
  name: 'linalg/sylvester',
  risk: () => 'any',
  infer: ([, , c]) => c,
  vjp: ({ inputs: [a, b], outputs: [x], cotangents: [g], attrs }) => {
    const s = apply(sylvesterOp, [swap(a), swap(b), g], attrs)
    return [neg(matmul(s, swap(x))), neg(matmul(swap(x), s)), s]
  },
})

const solveOp: Op<Named> = composite<Named>(
  'solveSylvester',
  ([a, b, c], { name }) => {
    const m = squareSize(name, a)
    const n = squareSize(name, b)
    const [rows, columns] = matrixSize(name, c)
    const differ = (x: number, y: number): boolean => x !== y && x !== -1 && y !== -1
    if (differ(m, rows) || differ(n, columns))
      throw new ShapeError(
        `${name}: [m, m], [n, n] and [m, n] required, got ${show(a.shape, b.shape, c.shape)}; transpose one`,
      )
    return { shape: [...leading(name, a, b, c), rows, columns], dtype: c.dtype }
  },
  ([a, b, c], attrs) => {
    const axes = leading(attrs.name, a, b, c)
    return apply(sylvesterOp, [spreadOver(axes, a), spreadOver(axes, b), spreadOver(axes, c)], attrs)
  },
)

/** The X of A X + X B = C: `[..., m, m], [..., n, n], [..., m, n] -> [..., m, n]`, leading axes broadcast.
 * @throws ShapeError, DTypeError; while running, LinalgError where A and -B have an eigenvalue in common, or something
 * is not finite
 * @see R. H. Bartels, G. W. Stewart, "Solution of the matrix equation AX + XB = C", 1972
 * @example const x = solveSylvester([[1, 2], [0, 3]], [[4]], [[1], [2]]) */
export const solveSylvester = (a: TensorLike, b: TensorLike, c: TensorLike): Tensor =>
  apply(solveOp, asFloats(a, b, c), { name: 'solveSylvester' })

/** The X of A X + X A^T = Q: `[..., n, n], [..., n, n] -> [..., n, n]`.
 * @throws ShapeError, DTypeError; LinalgError as `solveSylvester`
 * @see R. H. Bartels, G. W. Stewart, 1972
 * @example const x = solveLyapunov([[-1, 2], [0, -3]], [[-1, 0], [0, -1]]) */
export function solveLyapunov(a: TensorLike, q: TensorLike): Tensor {
  const [x, y] = asFloats(a, q)
  squareSize('solveLyapunov', x)
  return apply(solveOp, [x, swap(x), y], { name: 'solveLyapunov' })
}
