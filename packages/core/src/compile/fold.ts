import { isFloat, roundTo, type DType } from '../dtype.ts'
import { inOrder, type Scalar } from '../scalar.ts'

/** What `Math` has under another name, or otherwise than IEEE 754 and backends have it. */
const OWN: { readonly [op: string]: ((a: number, b: number) => number) | undefined } = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  neg: (a) => -a,
  pow: (a, b) => (b === 0 || a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b),
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
  lt: (a, b) => Number(a < b),
  le: (a, b) => Number(a <= b),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  not: (a) => 1 - a,
  isNaN: (a) => Number(a !== a),
}
/** Those of `Math` that are exact, or that kernels do as well. */
const SHARED = /^(abs|sign|sqrt|exp|log|floor|ceil|max|min)$/

/** Floats as integers truncate toward zero and stop at the ends of the range; NaN gives 0. */
function cast(value: number, from: DType, to: DType): number {
  if (to === 'bool') return Number(value !== 0)
  const low = to === 'int32' ? -(2 ** 31) : 0
  return isFloat(from) && !isFloat(to) ? Math.min(low + 2 ** 32 - 1, Math.max(low, Math.trunc(value) || 0)) : value
}

/** A formula's value on known numbers, undefined where it uses a function that is left to kernels, as are integers that
 * wrap where a number is not exact. */
export function evaluate(formula: Scalar, inputs: readonly number[]): number | undefined {
  const done = new Map<Scalar, number>()
  for (const s of inOrder(formula)) {
    const value = valueOf(
      s,
      inputs,
      s.args.map((arg) => done.get(arg)!),
    )
    if (value === undefined || !(isFloat(s.dtype) || Number.isSafeInteger(value))) return undefined
    done.set(s, roundTo(value, s.dtype))
  }
  return done.get(formula)
}

function valueOf(s: Scalar, inputs: readonly number[], [a, b, c]: readonly number[]): number | undefined {
  if (s.op === 'input') return inputs[s.value]
  if (s.op === 'const') return s.value
  if (s.op === 'select') return a ? b : c
  if (s.op === 'cast') return cast(a, s.args[0].dtype, s.dtype)
  if (s.op === 'div' && !isFloat(s.dtype)) return undefined
  return (SHARED.test(s.op) ? Math[s.op as 'max'] : OWN[s.op])?.(a, b)
}
