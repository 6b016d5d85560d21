import { isFloat, roundTo } from '../dtype.ts'
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

/** A formula's value on known numbers, undefined where it uses a function that is left to kernels. */
export function evaluate(s: Scalar, inputs: readonly number[]): number | undefined {
  if (s.op === 'input') return inputs[s.value]
  if (s.op === 'const') return roundTo(s.value, s.dtype)
  const args = s.args.map((a) => evaluate(a, inputs))
  if (args.includes(undefined)) return undefined
  const [a, b, c] = args as number[]
  const known = SHARED.test(s.op) ? Math[s.op as 'max'] : OWN[s.op]
  const value = s.op === 'select' ? (a ? b : c)
    : s.op === 'cast' ? (s.dtype === 'bool' || isFloat(s.dtype) ? a : Math.trunc(a))
    : s.op === 'div' && !isFloat(s.dtype) ? undefined
    : known?.(a, b)
  return value === undefined ? undefined : roundTo(value, s.dtype)
}
