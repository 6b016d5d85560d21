import { applyAll, defineOp, GradError, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { asFloats, squareSize } from './shape.ts'

export const schurOp: Op = defineOp({
  name: 'linalg/schur',
  risk: () => 'any',
  infer: ([a]) => {
    squareSize('schur', a)
    return [a, a]
  },
  vjp: () => {
    throw new GradError(
      'schur: no gradient is defined, as its blocks change their form where eigenvalues meet; use eig, or put ' +
        'stopGradient around it',
    )
  },
})

/** A = Z T Z^T: Z orthogonal, T upper triangular but for 2 x 2 blocks of conjugate eigenvalues. It has no gradient:
 * where two real eigenvalues meet and become a pair, blocks change their form, and the order of eigenvalues is free.
 * @throws ShapeError, DTypeError, GradError where its gradient is asked for; while running, LinalgError for what is not
 * finite
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 7.4
 * @example const { t, z } = schur([[1, 2], [3, 4]]) */
export function schur(a: TensorLike): { t: Tensor; z: Tensor } {
  const [t, z] = applyAll(schurOp, asFloats(a), undefined)
  return { t, z }
}
