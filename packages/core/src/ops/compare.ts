import { holds, isLiteral, rangeOf } from '../dtype.ts'
import { asTensor } from '../graph/apply.ts'
import { Tensor, type TensorLike } from '../graph/tensor.ts'
import type { Scalar } from '../scalar.ts'
import { binary, type Binary } from './elementwise.ts'

/** Integers x compared with a number that their dtype does not have; `truth` tells it of one of them. It holds up to
 * the number and not above, or the reverse, or for all of the range, or for none. */
function beside(x: Tensor, number: number, truth: (x: number) => boolean): Tensor {
  const [least, most] = rangeOf(x.dtype)
  const isBelow = truth(least)
  const bound = isBelow === truth(most) ? most : Math.floor(number)
  return isBelow ? lessEqual(x, bound) : greater(x, bound)
}

/* @__NO_SIDE_EFFECTS__ */
function comparison(
  name: string,
  expr: (a: Scalar, b: Scalar) => Scalar,
  truth: (a: number, b: number) => boolean,
): Binary {
  const compare = binary(name, expr)
  const lacks = (x: TensorLike, n: TensorLike): boolean =>
    x instanceof Tensor && /^u?int/.test(x.dtype) && typeof n === 'number' && !holds(x.dtype, n)
  return (a, b) => {
    const [x, y] = [a, b].map((t) => (isLiteral(t) ? t : asTensor(t))) as [Tensor & number, Tensor & number]
    if (lacks(x, y)) return beside(x, y, (v) => truth(v, y))
    if (lacks(y, x)) return beside(y, x, (v) => truth(x, v))
    return compare(x, y)
  }
}

// Numbers are compared as they are, also those that the dtype of integers beside them does not have.

/** a == b elementwise, as bool; false beside NaN. */
export const equal: Binary = comparison(
  'equal',
  (a, b) => a.eq(b),
  (a, b) => a === b,
)
/** a != b elementwise, as bool; true beside NaN. */
export const notEqual: Binary = comparison(
  'notEqual',
  (a, b) => a.binary('ne', b),
  (a, b) => a !== b,
)
/** a < b elementwise, as bool. */
export const less: Binary = comparison(
  'less',
  (a, b) => a.lt(b),
  (a, b) => a < b,
)
/** a <= b elementwise, as bool. */
export const lessEqual: Binary = comparison(
  'lessEqual',
  (a, b) => a.le(b),
  (a, b) => a <= b,
)
/** a > b elementwise, as bool. */
export const greater: Binary = comparison(
  'greater',
  (a, b) => b.lt(a),
  (a, b) => a > b,
)
/** a >= b elementwise, as bool. */
export const greaterEqual: Binary = comparison(
  'greaterEqual',
  (a, b) => b.le(a),
  (a, b) => a >= b,
)
