import { binary, type Binary } from './elementwise.ts'

/** a == b elementwise, as bool; false beside NaN. */
export const equal: Binary = binary('equal', (a, b) => a.eq(b))
/** a != b elementwise, as bool; true beside NaN. */
export const notEqual: Binary = binary('notEqual', (a, b) => a.binary('ne', b))
/** a < b elementwise, as bool. */
export const less: Binary = binary('less', (a, b) => a.lt(b))
/** a <= b elementwise, as bool. */
export const lessEqual: Binary = binary('lessEqual', (a, b) => a.le(b))
/** a > b elementwise, as bool. */
export const greater: Binary = binary('greater', (a, b) => b.lt(a))
/** a >= b elementwise, as bool. */
export const greaterEqual: Binary = binary('greaterEqual', (a, b) => b.le(a))
