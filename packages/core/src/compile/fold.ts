import { isFloat, roundTo, type DType } from '../dtype.ts'
import { getOrInsert } from '../map.ts'
import type { Scalar } from '../scalar.ts'

/** What `Math` has under another name, or otherwise than IEEE 754 and backends have it. */
const OWN: { readonly [op: string]: ((a: number, b: number) => number) | undefined } = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  neg: (a) => -a,
  pow: (a, b) => (b === 0 || a === 1 ? 1 : a ** b),
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
export function evaluate(
  s: Scalar,
  inputs: readonly number[],
  done: Map<Scalar, number | undefined> = new Map(),
): number | undefined {
  if (s.op === 'input') return inputs[s.value]
  if (s.op === 'const') return roundTo(s.value, s.dtype)
  const args: number[] = []
  for (const arg of s.args) {
    const value = getOrInsert(done, arg, () => evaluate(arg, inputs, done))
    if (value === undefined) return undefined
    args.push(value)
  }
  const [a, b, c] = args
  const known = SHARED.test(s.op) ? Math[s.op as 'max'] : OWN[s.op]
  const value =
    s.op === 'select'
      ? a
        ? b
        : c
      : s.op === 'cast'
        ? cast(a, s.args[0].dtype, s.dtype)
        : s.op === 'div' && !isFloat(s.dtype)
          ? undefined
          : known?.(a, b)
  return value === undefined || !(isFloat(s.dtype) || Number.isSafeInteger(value)) ? undefined : roundTo(value, s.dtype)
}
