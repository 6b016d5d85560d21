import { apply, concat, defineOp, neg, zerosLike, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import type { Named } from '../kernels/kernel.ts'
import { composite } from './composite.ts'
import { asFloats, columnsOf, rowsOf, squareSize, swap } from './shape.ts'

/** [[a, b], [c, d]]. */
const blocks = (a: Tensor, b: Tensor, c: Tensor, d: Tensor): Tensor =>
  concat([concat([a, b], -1), concat([c, d], -1)], -2)

export const matrixExpOp: Op<Named> = defineOp<Named>({
  name: 'linalg/matrixExp',
  risk: () => 'any',
  identity: () => 0,
  infer: ([a], { name }) => {
    squareSize(name, a)
    return a
  },
  // The derivative at A^T in the direction g is that at A in g^T, transposed: the upper right block of exp of
  // [[A, g^T], [0, A]].
  vjp: ({ inputs: [a], cotangents: [g], attrs }) => {
    const n = a.shape.at(-1)!
    const whole = apply(matrixExpOp, [blocks(a, swap(g), zerosLike(a), a)], attrs)
    return [swap(columnsOf(rowsOf(whole, 0, n), n, 2 * n))]
  },
})

/** The exponential of square matrices: `[..., n, n] -> [..., n, n]`, with derivatives of any order, whatever the
 * eigenvalues are. It scales by how powers of A grow, so that elements far larger than eigenvalues cost few digits.
 * @throws ShapeError, DTypeError; while running, LinalgError for what is not finite, or too large
 * @see A. H. Al-Mohy, N. J. Higham, "A new scaling and squaring algorithm for the matrix exponential", 2009,
 * https://doi.org/10.1137/09074721X; R. Mathias, "A chain rule for matrix functions and applications", 1996,
 * https://doi.org/10.1137/S0895479895283409; A. H. Al-Mohy, N. J. Higham, "Computing the Frechet derivative of the
 * matrix exponential", 2009, https://doi.org/10.1137/080716426
 * @example const e = matrixExp([[0, 1], [-1, 0]]) */
export const matrixExp = (a: TensorLike): Tensor => apply(matrixExpOp, asFloats(a), { name: 'matrixExp' })

/** exp of [[0, A], [-A, 0]] is [[cos A, sin A], [-sin A, cos A]]. */
const waves = (name: string, isSine: boolean): Op =>
  composite(
    name,
    ([a]) => {
      squareSize(name, a)
      return a
    },
    ([a]) => {
      const n = a.shape.at(-1)!
      const whole = apply(matrixExpOp, [blocks(zerosLike(a), a, neg(a), zerosLike(a))], { name })
      return isSine ? columnsOf(rowsOf(whole, 0, n), n, 2 * n) : columnsOf(rowsOf(whole, 0, n), 0, n)
    },
  )
const sinmOp: Op = /* @__PURE__ */ waves('sinm', true)
const cosmOp: Op = /* @__PURE__ */ waves('cosm', false)

/** The sine of square matrices, by way of an exponential of twice the size. @throws ShapeError, DTypeError; LinalgError
 * as `matrixExp`
 * @see N. J. Higham, "Functions of Matrices", 2008, chapter 12
 * @example const s = sinm([[0, 1], [1, 0]]) */
export const sinm = (a: TensorLike): Tensor => apply(sinmOp, asFloats(a))
/** The cosine of square matrices, by way of an exponential of twice the size. @throws ShapeError, DTypeError;
 * LinalgError as `matrixExp`
 * @see N. J. Higham, "Functions of Matrices", 2008, chapter 12
 * @example const c = cosm([[0, 1], [1, 0]]) */
export const cosm = (a: TensorLike): Tensor => apply(cosmOp, asFloats(a))
