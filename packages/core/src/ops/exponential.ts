import { defineOp, type Op, type OpDefinition } from '../op.ts'
import { Scalar, type UnaryOp } from '../scalar.ts'
import { apply, type Tensor, type TensorLike } from '../tensor.ts'
import { add, div, mul, sub } from './arithmetic.ts'

/** A one-argument elementwise op of a scalar operation, on floats. */
export const unary = (name: UnaryOp, vjp: OpDefinition<undefined>['vjp']): Op =>
  defineOp({ name, promotion: 'float', expr: ([x]) => x.unary(name), vjp })

const expOp = unary('exp', ({ outputs: [y], cotangents: [g] }) => [mul(g, y)])
const expm1Op = unary('expm1', ({ outputs: [y], cotangents: [g] }) => [mul(g, add(y, 1))])
const logOp = unary('log', ({ inputs: [x], cotangents: [g] }) => [div(g, x)])
const log1pOp = unary('log1p', ({ inputs: [x], cotangents: [g] }) => [div(g, add(x, 1))])
const log2Op = unary('log2', ({ inputs: [x], cotangents: [g] }) => [div(g, mul(x, Math.LN2))])
// d sqrt(x) = g / (2 y)
const sqrtOp = unary('sqrt', ({ outputs: [y], cotangents: [g] }) => [div(g, mul(y, 2))])
const tanhOp = unary('tanh', ({ outputs: [y], cotangents: [g] }) => [mul(g, sub(1, mul(y, y)))])
const sigmoidOp = unary('sigmoid', ({ outputs: [y], cotangents: [g] }) => [mul(g, mul(y, sub(1, y)))])
// d rsqrt(x) = -g y^3 / 2, through y so that a second derivative needs no division
const rsqrtOp: Op = defineOp({
  name: 'rsqrt', promotion: 'float', expr: ([x]) => new Scalar('const', x.dtype, [], 1).div(x.sqrt()),
  vjp: ({ outputs: [y], cotangents: [g] }) => [mul(mul(g, -0.5), mul(y, mul(y, y)))],
})

/** e^x. */
export const exp = (x: TensorLike): Tensor => apply(expOp, [x])
/** e^x - 1, accurate near 0. */
export const expm1 = (x: TensorLike): Tensor => apply(expm1Op, [x])
/** Natural logarithm; -infinity at 0, NaN below. */
export const log = (x: TensorLike): Tensor => apply(logOp, [x])
/** log(1 + x), accurate near 0. */
export const log1p = (x: TensorLike): Tensor => apply(log1pOp, [x])
/** Logarithm to base 2. */
export const log2 = (x: TensorLike): Tensor => apply(log2Op, [x])
/** Square root; the gradient at 0 is infinite. */
export const sqrt = (x: TensorLike): Tensor => apply(sqrtOp, [x])
/** 1 / sqrt(x). */
export const rsqrt = (x: TensorLike): Tensor => apply(rsqrtOp, [x])
/** Hyperbolic tangent. */
export const tanh = (x: TensorLike): Tensor => apply(tanhOp, [x])
/** 1 / (1 + e^-x), without overflow at either end. */
export const sigmoid = (x: TensorLike): Tensor => apply(sigmoidOp, [x])
