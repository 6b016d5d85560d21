import { holds, isFloat, isLiteral } from '../dtype.ts'
import { asTensor } from '../graph/apply.ts'
import type { TensorLike } from '../graph/tensor.ts'
import type { Scalar } from '../scalar.ts'
import { binary, type Binary } from './elementwise.ts'

type Rounding = (x: number) => number

/** What a comparison with x can have for the number n: n itself, or the whole number next to it that compares alike, or
 * an infinity where integers have no such number. */
function beside(x: TensorLike, n: TensorLike, rounding: Rounding): TensorLike {
  if (typeof n !== 'number' || isLiteral(x)) return n
  const { dtype } = asTensor(x)
  const whole = isFloat(dtype) || holds(dtype, n) ? n : rounding(n)
  return isFloat(dtype) || holds(dtype, whole) ? whole : whole * Infinity
}

/** Numbers are compared as they are, also with integers of a dtype that does not have them. `left` and `right` say how
 * a fraction on that side is rounded, so that whole numbers compare with it as before. */
/* @__NO_SIDE_EFFECTS__ */
function comparison(name: string, expr: (a: Scalar, b: Scalar) => Scalar, left: Rounding, right: Rounding): Binary {
  const compare = binary(name, expr)
  return (a, b) => compare(beside(b, a, left), beside(a, b, right))
}
/** No whole number is a fraction. */
const none: Rounding = () => NaN

/** a == b elementwise, as bool; false beside NaN. */
export const equal: Binary = comparison('equal', (a, b) => a.eq(b), none, none)
/** a != b elementwise, as bool; true beside NaN. */
export const notEqual: Binary = comparison('notEqual', (a, b) => a.binary('ne', b), none, none)
/** a < b elementwise, as bool. */
export const less: Binary = comparison('less', (a, b) => a.lt(b), Math.floor, Math.ceil)
/** a <= b elementwise, as bool. */
export const lessEqual: Binary = comparison('lessEqual', (a, b) => a.le(b), Math.ceil, Math.floor)
/** a > b elementwise, as bool. */
export const greater: Binary = comparison('greater', (a, b) => b.lt(a), Math.ceil, Math.floor)
/** a >= b elementwise, as bool. */
export const greaterEqual: Binary = comparison('greaterEqual', (a, b) => b.le(a), Math.floor, Math.ceil)
