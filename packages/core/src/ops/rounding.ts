import { isFloat } from '../dtype.ts'
import { defineOp, type Op } from '../op.ts'
import { apply, asTensor, type Tensor, type TensorLike } from '../tensor.ts'

const roundingOp = (name: 'floor' | 'ceil' | 'round'): Op => defineOp({ name, expr: ([x]) => x.unary(name), vjp: () => [null] })
const floorOp = roundingOp('floor'), ceilOp = roundingOp('ceil'), roundOp = roundingOp('round')

/** Integers are whole already. */
function rounded(op: Op, x: TensorLike): Tensor {
  const t = asTensor(x)
  return isFloat(t.dtype) ? apply(op, [t]) : t
}

/** The largest whole number that is at most x. Its gradient is 0. */
export const floor = (x: TensorLike): Tensor => rounded(floorOp, x)
/** The smallest whole number that is at least x. Its gradient is 0. */
export const ceil = (x: TensorLike): Tensor => rounded(ceilOp, x)
/** The nearest whole number, halves to the even one. Its gradient is 0. */
export const round = (x: TensorLike): Tensor => rounded(roundOp, x)
