import { erfc } from './erf.ts'
import { digamma, lgamma } from './gamma.ts'
import { polygamma } from './polygamma.ts'

type Scalar = (x: number, y: number) => number

/** x - floor(x/y) y, exact as IEEE's remainder is; the sign is y's. */
const remainder: Scalar = (x, y) => {
  const r = x % y
  return r !== 0 && r < 0 !== y < 0 ? r + y : r === 0 && y < 0 ? -0 : r === 0 && y > 0 ? 0 : r
}

/** As C has it: 1 to any power and anything to the power 0 is 1, also NaN; (-1) to an infinite power is 1. */
const power: Scalar = (x, y) => (y === 0 || x === 1 || (x === -1 && (y === Infinity || y === -Infinity)) ? 1 : x ** y)

/** Integer power modulo 2^32; with a negative exponent the truncated quotient. */
const integerPower: Scalar = (x, y) => {
  if (y < 0) return x === 1 || x === 0 ? x : x === -1 ? (y % 2 ? -1 : 1) : 0
  let result = 1
  for (let base = x; y >= 1; y = Math.floor(y / 2), base = Math.imul(base, base))
    if (y % 2) result = Math.imul(result, base)
  return result
}

/** Scalar functions in float64, by the name that kernels import: what blas-wasm does not compute on vectors. */
export const functions: Readonly<Record<string, Scalar | ((x: number) => number)>> = {
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  atan2: Math.atan2,
  hypot: Math.hypot,
  sinh: Math.sinh,
  cosh: Math.cosh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  log2: Math.log2,
  pow: power,
  rem: remainder,
  erfc,
  lgamma,
  digamma,
  polygamma,
  'pow int32': integerPower,
  'pow uint32': (x, y) => integerPower(x, y) >>> 0,
  // Integer division truncates and divides by 0 to 0; -2^31 / -1 wraps.
  'div int32': (x, y) => (x / y) | 0,
  'div uint32': (x, y) => (x / y) >>> 0,
  'rem int32': (x, y) => (y === 0 ? 0 : remainder(x, y)),
  'rem uint32': (x, y) => (y === 0 ? 0 : x % y),
}
