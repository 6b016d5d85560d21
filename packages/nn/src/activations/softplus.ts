import { apply, defineOp, mul, neg, zerosLike, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { asFloats } from '../asFloats.ts'
import { sigmoidLess } from './sigmoidLess.ts'

const softplusOp: Op = defineOp({
  name: 'softplus',
  promotion: 'float',
  // log(1 + e^x) = max(x, 0) + log(1 + e^-|x|): nothing overflows, and small values keep their digits.
  expr: ([x]) => x.max(0).add(x.abs().neg().exp().log1p()),
  vjp: ({ inputs: [x], cotangents: [g] }) => [mul(g, sigmoidLess(x, zerosLike(x)))],
})

/** log(1 + e^x), elementwise, without overflow; the gradient is sigmoid(x). */
export const softplus = (x: TensorLike): Tensor => apply(softplusOp, [x])

/** log(sigmoid(x)) = -softplus(-x), elementwise; -1000 gives -1000. */
export const logSigmoid = (x: TensorLike): Tensor => neg(softplus(neg(asFloats(x)[0])))
