import { KernelError, isFloat, roundTo, type BinaryOp, type DType, type ScalarOp, type UnaryOp } from '@gradloom/core'
import { erf, erfc } from '../special/erf.ts'
import { lgamma } from '../special/gamma.ts'
import { digamma, polygamma } from '../special/polygamma.ts'
import { philox } from './philox.ts'

export type ScalarFunction = (...args: readonly number[]) => number

/** `value` as a register of `dtype` holds it. */
export function rounder(dtype: DType): (value: number) => number {
  switch (dtype) {
    case 'float64':
      return (v) => v
    case 'float32':
      return Math.fround
    case 'int32':
      return (v) => v | 0
    case 'uint32':
      return (v) => v >>> 0
    case 'bool':
      return (v) => (v !== 0 ? 1 : 0)
    case 'float16':
      return (v) => roundTo(v, dtype)
  }
}

function roundHalfEven(x: number): number {
  const below = Math.floor(x)
  const over = x - below
  const rounded = over < 0.5 || (over === 0.5 && below % 2 === 0) ? below : below + 1
  return x < 0 && rounded === 0 ? -0 : rounded
}

const unary: { readonly [K in UnaryOp]: (x: number) => number } = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  log2: Math.log2,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  erf,
  erfc,
  lgamma,
  digamma,
  floor: Math.floor,
  ceil: Math.ceil,
  sigmoid: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  round: (x) => (Number.isFinite(x) ? roundHalfEven(x) : x),
  not: (x) => (x ? 0 : 1),
  isNaN: (x) => (Number.isNaN(x) ? 1 : 0),
}

const remainder = (a: number, b: number): number => {
  const r = a % b
  if (r === 0) return b < 0 ? -0 : 0
  return r < 0 !== b < 0 ? r + b : r
}

const binary: { readonly [K in BinaryOp]: (a: number, b: number) => number } = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  rem: remainder,
  // IEEE 754 has pow(1, y) = 1 also for a NaN y, and pow(-1, +-infinity) = 1, which Math.pow has not.
  pow: (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b),
  max: Math.max,
  min: Math.min,
  atan2: Math.atan2,
  hypot: Math.hypot,
  eq: (a, b) => (a === b ? 1 : 0),
  ne: (a, b) => (a !== b ? 1 : 0),
  lt: (a, b) => (a < b ? 1 : 0),
  le: (a, b) => (a <= b ? 1 : 0),
  and: (a, b) => (a && b ? 1 : 0),
  or: (a, b) => (a || b ? 1 : 0),
  shr: (a, b) => a >>> b,
  polygamma,
}

/** a to the power b modulo 2^32; a negative b gives the truncated reciprocal. */
function integerPower(a: number, b: number): number {
  if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 ? -1 : 1) : 0
  let result = 1
  for (let base = a, n = b; n > 0; n = Math.floor(n / 2)) {
    if (n % 2) result = Math.imul(result, base)
    base = Math.imul(base, base)
  }
  return result
}

/** Where 32-bit integers differ from rounding a float64 result. */
const integer: { readonly [op: string]: (a: number, b: number) => number } = {
  mul: Math.imul,
  pow: integerPower,
  div: (a, b) => Math.trunc(a / b),
}

/** Floats truncate toward zero and saturate as integers, NaN gives 0; integers wrap. */
function converter(from: DType, to: DType): (x: number) => number {
  const round = rounder(to)
  if (!isFloat(from) || isFloat(to) || to === 'bool') return (x) => (to === 'bool' ? (x !== 0 ? 1 : 0) : round(x))
  const [low, high] = to === 'int32' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1]
  return (x) => (Number.isNaN(x) ? 0 : round(Math.min(high, Math.max(low, Math.trunc(x)))))
}

/** The function of one scalar operation with arguments and result of the given dtypes, rounded to the result's. */
export function scalarFunction(op: ScalarOp, args: readonly DType[], dtype: DType): ScalarFunction {
  const round = rounder(dtype)
  if (op === 'select') return (condition, a, b) => (condition ? a : b)
  if (op === 'cast') return converter(args[0], dtype)
  if (op === 'philox') return philox
  const one = unary[op as UnaryOp]
  const two = (!isFloat(dtype) && dtype !== 'bool' && integer[op]) || binary[op as BinaryOp]
  if (one) return (x) => round(one(x))
  if (two) return (a, b) => round(two(a, b))
  throw new KernelError(`reference: unknown scalar operation ${op}`)
}
