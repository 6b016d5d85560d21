import {
  apply,
  applyAll,
  defineOp,
  expandDims,
  matmul,
  mul,
  neg,
  sub,
  sum,
  type Meta,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { asFloats, squareSize, swap } from './shape.ts'
import { inverse, luFactorOp } from './solve.ts'

/** A number a matrix. */
const scalar = (name: string, a: Meta): Meta => {
  squareSize(name, a)
  return { shape: a.shape.slice(0, -2), dtype: a.dtype }
}
const overMatrices = (g: Tensor): Tensor => expandDims(g, [-2, -1])

/** The derivative of `cofactor` in a direction: linear in it, and its own adjoint. */
export const cofactorDerivativeOp: Op = defineOp({
  name: 'linalg/cofactorDerivative',
  risk: () => 'any',
  infer: ([, e]) => e,
  vjp: ({ inputs: [a, e], cotangents: [g] }) => {
    const transposed = swap(inverse('det', a))
    const trace = (x: Tensor): Tensor => overMatrices(sum(mul(transposed, x), { axis: [-2, -1] }))
    const crossed = (x: Tensor): Tensor => matmul(matmul(transposed, swap(x)), transposed)
    // The third derivative of det, where A has an inverse.
    const both = sum(mul(g, sub(mul(trace(e), transposed), crossed(e))), { axis: [-2, -1] })
    const ofDet = mul(overMatrices(both), transposed)
    const left = neg(mul(trace(g), crossed(e)))
    const right = neg(mul(trace(e), crossed(g)))
    const mixed = matmul(crossed(e), matmul(swap(g), transposed)).add(matmul(crossed(g), matmul(swap(e), transposed)))
    return [mul(overMatrices(det(a)), ofDet.add(left).add(right).add(mixed)), apply(cofactorDerivativeOp, [a, g])]
  },
})

export const cofactorOp: Op = defineOp({
  name: 'linalg/cofactor',
  risk: () => 'any',
  infer: ([a]) => a,
  vjp: ({ inputs: [a], cotangents: [g] }) => [apply(cofactorDerivativeOp, [a, g])],
})

const detOp: Op = defineOp({
  name: 'det',
  infer: ([a]) => scalar('det', a),
  decompose: ([a]) => applyAll(luFactorOp, [a], { name: 'det' })[2],
  vjp: ({ inputs: [a], cotangents: [g] }) => [mul(overMatrices(g), apply(cofactorOp, [a]))],
})

const slogdetOp: Op = defineOp({
  name: 'slogdet',
  infer: ([a]) => [scalar('slogdet', a), scalar('slogdet', a)],
  decompose: ([a]) => applyAll(luFactorOp, [a], { name: 'slogdet' }).slice(3),
  vjp: ({ inputs: [a], cotangents: [, g] }) => [mul(overMatrices(g), swap(inverse('slogdet', a)))],
})

/** The determinant: `[..., n, n] -> [...]`, 1 for n = 0. Its gradient, the cofactors, and the second derivative are
 * right at singular matrices too; the third needs an invertible one.
 * @throws ShapeError, DTypeError; while running, LinalgError for what is not finite
 * @see M. Giles, "An extended collection of matrix derivative results", 2008, section 2.2.4; G. W. Stewart, "On the
 * adjugate matrix", 1998, https://doi.org/10.1016/S0024-3795(98)10098-8
 * @example const d = det([[1, 2], [3, 4]]) */
export const det = (a: TensorLike): Tensor => apply(detOp, asFloats(a))

/** Sign and logarithm of the magnitude of the determinant, each `[...]`: 0 and -Infinity where A is singular. The
 * gradient is g A^-T, which needs an invertible A.
 * @throws ShapeError, DTypeError; while running, LinalgError for what is not finite, and in the gradient for singular A
 * @see M. Giles, "An extended collection of matrix derivative results", 2008, section 2.2.4
 * @example const { sign, logAbsDet } = slogdet([[1, 2], [3, 4]]) */
export function slogdet(a: TensorLike): { sign: Tensor; logAbsDet: Tensor } {
  const [sign, logAbsDet] = applyAll(slogdetOp, asFloats(a), undefined)
  return { sign, logAbsDet }
}
