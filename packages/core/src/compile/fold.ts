import { roundTo } from '../dtype.ts'
import type { Scalar } from '../scalar.ts'

const BINARY: { readonly [op: string]: (a: number, b: number) => number } = {
  add: (a, b) => a + b, sub: (a, b) => a - b, mul: (a, b) => a * b, div: (a, b) => a / b, pow: (a, b) => (b === 0 || a === 1 ? 1 : a ** b),
  max: Math.max, min: Math.min, eq: (a, b) => Number(a === b), ne: (a, b) => Number(a !== b), lt: (a, b) => Number(a < b), le: (a, b) => Number(a <= b),
  and: (a, b) => a & b, or: (a, b) => a | b,
}
const UNARY: { readonly [op: string]: (a: number) => number } = {
  neg: (a) => -a, abs: Math.abs, sign: Math.sign, sqrt: Math.sqrt, exp: Math.exp, log: Math.log, floor: Math.floor, ceil: Math.ceil,
  not: (a) => 1 - a, isNaN: (a) => Number(Number.isNaN(a)),
}

/** A formula's value on known numbers, undefined where it uses a function that is left to kernels. */
export function evaluate(s: Scalar, inputs: readonly number[]): number | undefined {
  if (s.op === 'input') return inputs[s.value]
  if (s.op === 'const') return roundTo(s.value, s.dtype)
  const args = s.args.map((a) => evaluate(a, inputs))
  if (args.includes(undefined)) return undefined
  const [a, b, c] = args as number[]
  const value = s.op === 'select' ? (a ? b : c)
    : s.op === 'cast' ? (s.dtype === 'bool' || s.dtype.startsWith('float') ? a : Math.trunc(a))
    : s.op === 'div' && !s.dtype.startsWith('float') ? undefined
    : args.length === 2 ? BINARY[s.op]?.(a, b) : UNARY[s.op]?.(a)
  return value === undefined ? undefined : roundTo(value, s.dtype)
}
