import { isFloat, roundTo, saturated, type DType } from '../dtype.ts'
import type { Scalar } from '../scalar.ts'

/** What `Math` has under another name, or otherwise than IEEE 754 and backends have it. */
const OWN: { readonly [op: string]: ((a: number, b: number) => number) | undefined } = {
  add: (a, b) => a + b, sub: (a, b) => a - b, mul: (a, b) => a * b, div: (a, b) => a / b, neg: (a) => -a,
  pow: (a, b) => (b === 0 || a === 1 ? 1 : a ** b),
  eq: (a, b) => Number(a === b), ne: (a, b) => Number(a !== b), lt: (a, b) => Number(a < b), le: (a, b) => Number(a <= b),
  and: (a, b) => a & b, or: (a, b) => a | b, not: (a) => 1 - a, isNaN: (a) => Number(a !== a),
}
/** Those of `Math` that are exact, or that kernels do as well. */
const SHARED = /^(abs|sign|sqrt|exp|log|floor|ceil|max|min)$/

const cast = (value: number, from: DType, to: DType): number =>
  to === 'bool' ? Number(value !== 0) : isFloat(from) && !isFloat(to) ? saturated(value, to) : value

/** A formula's value on known numbers, undefined where it uses a function that is left to kernels, as are integers that
 * wrap where a number is not exact. */
export function evaluate(s: Scalar, inputs: readonly number[]): number | undefined {
  if (s.op === 'input') return inputs[s.value]
  if (s.op === 'const') return roundTo(s.value, s.dtype)
  const args = s.args.map((a) => evaluate(a, inputs))
  if (args.includes(undefined)) return undefined
  const [a, b, c] = args as number[]
  const known = SHARED.test(s.op) ? Math[s.op as 'max'] : OWN[s.op]
  const value = s.op === 'select' ? (a ? b : c)
    : s.op === 'cast' ? cast(a, s.args[0].dtype, s.dtype)
    : s.op === 'div' && !isFloat(s.dtype) ? undefined
    : known?.(a, b)
  return value === undefined || !(isFloat(s.dtype) || Number.isSafeInteger(value)) ? undefined : roundTo(value, s.dtype)
}
