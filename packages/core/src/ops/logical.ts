import type { Scalar } from '../scalar.ts'
import { cast } from './cast.ts'
import { binary, elementwise, type Binary, type Unary } from './elementwise.ts'

const onBools = (name: string, expr: (a: Scalar, b: Scalar) => Scalar): Binary => {
  const apply = binary(name, expr)
  return (a, b) => apply(cast(a, 'bool'), cast(b, 'bool'))
}

/** a and b, as bool; numbers other than 0 are true. */
export const logicalAnd: Binary = onBools('logicalAnd', (a, b) => a.and(b))
/** a or b, as bool; numbers other than 0 are true. */
export const logicalOr: Binary = onBools('logicalOr', (a, b) => a.or(b))
/** One of a and b, not both, as bool; numbers other than 0 are true. */
export const logicalXor: Binary = onBools('logicalXor', (a, b) => a.binary('ne', b))

const not = elementwise('logicalNot', (x) => x.not())
/** Where x is false or 0, as bool. */
export const logicalNot: Unary = (x) => not(cast(x, 'bool'))
