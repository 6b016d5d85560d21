import { defineOp, type Op, type OpDefinition } from '../op.ts'
import type { BinaryOp } from '../scalar.ts'
import { sameShape } from '../shape.ts'
import { apply, type Tensor, type TensorLike } from '../tensor.ts'
import { equal } from './compare.ts'
import { log } from './exponential.ts'
import { literalOf, zerosLike } from './full.ts'
import { where } from './where.ts'

/** A two-argument elementwise op of a scalar operation. */
export const binary = (name: string, scalar: BinaryOp, rest: Omit<OpDefinition<undefined>, 'name'>): Op =>
  defineOp({ name, expr: ([a, b]) => a.binary(scalar, b), ...rest })

/** `x`, if it has the shape that the two would broadcast to. */
const alone = (x: Tensor, other: Tensor): Tensor | undefined =>
  other.shape.length <= x.shape.length && other.shape.every((n, i) => n === 1 || n === x.shape[x.shape.length - other.shape.length + i]) ? x : undefined

const addOp = binary('add', 'add', {
  vjp: ({ cotangents: [g] }) => [g, g],
  simplify: ([a, b]) => (literalOf(b) === 0 ? alone(a, b) : literalOf(a) === 0 ? alone(b, a)
    : a.node.op === b.node.op && sameShape(a.shape, b.shape) ? a.node.op.plus?.(a, b) : undefined),
})
const subOp = binary('sub', 'sub', {
  vjp: ({ cotangents: [g] }) => [g, neg(g)],
  simplify: ([a, b]) => (literalOf(b) === 0 ? alone(a, b) : undefined),
})
const mulOp = binary('mul', 'mul', {
  vjp: ({ inputs: [a, b], cotangents: [g] }) => [mul(g, b), mul(g, a)],
  simplify: ([a, b]) => (literalOf(b) === 1 ? alone(a, b) : literalOf(a) === 1 ? alone(b, a) : undefined),
})
// d(a/b) = da/b - (a/b)/b db
const divOp = binary('div', 'div', {
  promotion: 'float',
  vjp: ({ inputs: [, b], outputs: [y], cotangents: [g] }) => [div(g, b), neg(div(mul(g, y), b))],
  simplify: ([a, b]) => (literalOf(b) === 1 ? alone(a, b) : undefined),
})
const negOp = defineOp({
  name: 'neg',
  expr: ([x]) => x.neg(),
  vjp: ({ cotangents: [g] }) => [neg(g)],
  simplify: ([x]) => (x.node.op === negOp as unknown ? x.node.inputs[0] : undefined),
}) as Op
// d(a^b) = b a^(b-1) da + a^b log(a) db; the first term is 0 where b is 0, the second where a is 0 (as PyTorch has them)
const powOp = binary('pow', 'pow', {
  vjp: ({ inputs: [a, b], outputs: [y], cotangents: [g] }) => [
    mul(g, where(equal(b, 0), zerosLike(b), mul(b, pow(a, sub(b, 1))))),
    literalOf(b) === undefined ? mul(g, where(equal(a, 0), zerosLike(a), mul(y, log(a)))) : null,
  ],
  simplify: ([a, b]) => {
    const n = literalOf(b)
    if (n === undefined || !sameShape(b.shape, [])) return undefined
    return n === 1 ? a : n === 2 ? mul(a, a) : n === 3 ? mul(mul(a, a), a) : undefined
  },
})
// d remainder(a, b) = da - floor(a/b) db; undefined where a/b is an integer, the formula's value is given there
const remainderOp = binary('remainder', 'rem', {
  vjp: ({ inputs: [a, b], outputs: [r], cotangents: [g] }) => [g, neg(mul(g, div(sub(a, r), b)))],
})

/** a + b, broadcasting. */
export const add = (a: TensorLike, b: TensorLike): Tensor => apply(addOp, [a, b])
/** a - b, broadcasting. */
export const sub = (a: TensorLike, b: TensorLike): Tensor => apply(subOp, [a, b])
/** a * b, broadcasting. */
export const mul = (a: TensorLike, b: TensorLike): Tensor => apply(mulOp, [a, b])
/** a / b, a float also for integers; x/0 is an infinity, 0/0 NaN. */
export const div = (a: TensorLike, b: TensorLike): Tensor => apply(divOp, [a, b])
/** -x. */
export const neg = (x: TensorLike): Tensor => apply(negOp, [x])
/** a to the power b. pow(x, 0) is 1 for every x. Gradient in a is 0 where b is 0; in b it is 0 where a is 0. */
export const pow = (a: TensorLike, b: TensorLike): Tensor => apply(powOp, [a, b])
/** a - floor(a/b) b: it has the sign of b, as NumPy's and Python's. */
export const remainder = (a: TensorLike, b: TensorLike): Tensor => apply(remainderOp, [a, b])
