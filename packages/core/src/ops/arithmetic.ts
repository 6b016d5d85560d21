import { defineOp, type Op } from '../graph/op.ts'
import { apply } from '../graph/apply.ts'
import type { Tensor } from '../graph/tensor.ts'
import { broadcastShapes, sameShape } from '../shape.ts'
import { equal, greaterEqual, notEqual } from './compare.ts'
import { binary, type Binary, type Unary } from './elementwise.ts'
import { log } from './exponential.ts'
import { fullOf, literalOf } from './full.ts'
import { logicalAnd } from './logical.ts'
import { round } from './rounding.ts'
import { where } from './where.ts'

/** a, if it has the shape that the two would broadcast to, and b is `neutral`. */
const rightIs =
  (neutral: number) =>
  ([a, b]: readonly Tensor[]): Tensor | undefined =>
    literalOf(b) === neutral && sameShape(broadcastShapes('', a.shape, b.shape), a.shape) ? a : undefined
const eitherIs =
  (neutral: number) =>
  ([a, b]: readonly Tensor[]): Tensor | undefined =>
    rightIs(neutral)([a, b]) ?? rightIs(neutral)([b, a])

/** a + b, broadcasting; of bools whether either holds. A literal 0 is left out, so that -0 + 0 stays -0. */
// IEEE 754 has 0 for that, and for -0 - -0; all other identities here are exact. Were only additions of -0 left out,
// which is exact, plans would add the zeros of settings at rest (a mean, a lower bound, a decay) and of cotangents of
// unused results in scan and cond:
// in gradients through time one instruction in a hundred, and a step each on a backend that does not fuse.
export const add: Binary = binary(
  'add',
  (a, b) => a.add(b),
  (g) => [g, g],
  {
    simplify: ([a, b]) =>
      eitherIs(0)([a, b]) ??
      (a.node.op === b.node.op && sameShape(a.shape, b.shape) ? a.node.op.plus?.(a, b) : undefined),
  },
)
/** a - b, broadcasting. @throws DTypeError for bools */
export const sub: Binary = binary(
  'sub',
  (a, b) => a.sub(b),
  (g) => [g, neg(g)],
  { simplify: rightIs(0) },
)
/** a * b, broadcasting; of bools whether both hold. */
export const mul: Binary = binary(
  'mul',
  (a, b) => a.mul(b),
  (g, a, b) => [mul(g, b), mul(g, a)],
  { simplify: eitherIs(1) },
)
/** a / b, a float also for integers; x/0 is an infinity, 0/0 NaN. */
// d(a/b) = da/b - (a/b)/b db
export const div: Binary = binary(
  'div',
  (a, b) => a.div(b),
  (g, _, b, y) => [div(g, b), neg(div(mul(g, y), b))],
  { promotion: 'float', simplify: rightIs(1) },
)

const negOp: Op = defineOp({
  name: 'neg',
  expr: ([x]) => x.neg(),
  vjp: ({ cotangents: [g] }) => [neg(g)],
  simplify: ([x]) => (x.node.op === (negOp as unknown) ? x.node.inputs[0] : undefined),
})
/** -x. @throws DTypeError for bools */
export const neg: Unary = (x) => apply(negOp, [x])

/** a to the power b. pow(x, 0) is 1 for every x. Gradient in a is 0 where b is 0; in b it is 0 where a is 0, and for
 * negative b -infinity there. */
// d(a^b) = b a^(b-1) da + a^b log(a) db; the first term is 0 where b is 0 and 1/a over itself is no 1, the second where
// a is 0 and b is not negative (as PyTorch has them): a and b are taken as 1 there, so that higher derivatives are
// finite too.
export const pow: Binary = binary(
  'pow',
  (a, b) => a.pow(b),
  (g, a, b, y) => {
    const n = literalOf(b)
    if (n !== undefined) return [n === 0 ? null : mul(g, mul(b, pow(a, fullOf(b.shape, n - 1, b.dtype)))), null]
    const inverse = div(1, a)
    const isFlat = logicalAnd(equal(b, 0), notEqual(div(inverse, inverse), 1))
    const isZero = logicalAnd(equal(a, 0), greaterEqual(b, 0))
    return [mul(g, mul(b, pow(a, sub(where(isFlat, 1, b), 1)))), mul(g, mul(y, log(where(isZero, 1, a))))]
  },
  {
    simplify: ([a, b]) => {
      const n = literalOf(b)
      if (n === undefined || b.rank) return undefined
      return n === 1 ? a : n === 2 ? mul(a, a) : n === 3 ? mul(mul(a, a), a) : undefined
    },
  },
)
/** a - floor(a/b) b: it has the sign of b, as NumPy's and Python's. */
// d remainder(a, b) = da - floor(a/b) db; undefined where a/b is an integer, the formula's value is given there. The
// quotient that goes with y is rounded to the integer that it is, so that its own derivative is 0 and not what rounding
// leaves. y is b where b is an infinity of the other sign than a: one below 0.
export const remainder: Binary = binary(
  'remainder',
  (a, b) => a.numbers('remainder').binary('rem', b),
  (g, a, b, y) => [g, neg(mul(g, where(equal(y, b), -1, round(div(sub(a, y), b)))))],
)
