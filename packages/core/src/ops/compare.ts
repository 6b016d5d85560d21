import { defineOp, type Op } from '../op.ts'
import type { BinaryOp } from '../scalar.ts'
import { apply, type Tensor, type TensorLike } from '../tensor.ts'

const comparison = (name: string, scalar: BinaryOp, swap = false): Op =>
  defineOp({ name, expr: ([a, b]) => (swap ? b.binary(scalar, a) : a.binary(scalar, b)), vjp: () => [null, null] })

const equalOp = comparison('equal', 'eq'), notEqualOp = comparison('notEqual', 'ne')
const lessOp = comparison('less', 'lt'), lessEqualOp = comparison('lessEqual', 'le')
const greaterOp = comparison('greater', 'lt', true), greaterEqualOp = comparison('greaterEqual', 'le', true)

/** a == b elementwise, as bool; false beside NaN. */
export const equal = (a: TensorLike, b: TensorLike): Tensor => apply(equalOp, [a, b])
/** a != b elementwise, as bool; true beside NaN. */
export const notEqual = (a: TensorLike, b: TensorLike): Tensor => apply(notEqualOp, [a, b])
/** a < b elementwise, as bool. */
export const less = (a: TensorLike, b: TensorLike): Tensor => apply(lessOp, [a, b])
/** a <= b elementwise, as bool. */
export const lessEqual = (a: TensorLike, b: TensorLike): Tensor => apply(lessEqualOp, [a, b])
/** a > b elementwise, as bool. */
export const greater = (a: TensorLike, b: TensorLike): Tensor => apply(greaterOp, [a, b])
/** a >= b elementwise, as bool. */
export const greaterEqual = (a: TensorLike, b: TensorLike): Tensor => apply(greaterEqualOp, [a, b])
