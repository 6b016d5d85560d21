import { defineOp, type Op } from '../op.ts'
import type { Scalar } from '../scalar.ts'
import { apply, type Tensor, type TensorLike } from '../tensor.ts'
import { cast } from './cast.ts'

const logical = (name: string, expr: (x: readonly Scalar[]) => Scalar): Op => defineOp({ name, promotion: 'none', expr, vjp: () => [null, null] })
const andOp = logical('logicalAnd', ([a, b]) => a.and(b)), orOp = logical('logicalOr', ([a, b]) => a.or(b))
const xorOp = logical('logicalXor', ([a, b]) => a.binary('ne', b)), notOp = logical('logicalNot', ([a]) => a.not())

const on = (op: Op, ...inputs: readonly TensorLike[]): Tensor => apply(op, inputs.map((x) => cast(x, 'bool')))

/** a and b, as bool; numbers other than 0 are true. */
export const logicalAnd = (a: TensorLike, b: TensorLike): Tensor => on(andOp, a, b)
/** a or b, as bool; numbers other than 0 are true. */
export const logicalOr = (a: TensorLike, b: TensorLike): Tensor => on(orOp, a, b)
/** One of a and b, not both, as bool; numbers other than 0 are true. */
export const logicalXor = (a: TensorLike, b: TensorLike): Tensor => on(xorOp, a, b)
/** Where x is false or 0, as bool. */
export const logicalNot = (x: TensorLike): Tensor => on(notOp, x)
