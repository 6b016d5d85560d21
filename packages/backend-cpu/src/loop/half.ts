import { f32x4, f64x2, i32x4, shuffle, v128, type FunctionBuilder } from '@gradloom/blas-wasm'
import { doubled, type Vector } from './lanes.ts'

// Float16 lies in memory as 16 bits; in registers its lanes are float32 numbers that float16 holds. The exponent's bias
// is 15 in one and 127 in the other: shifted into place, the bits of one are a number of the other times 2^-112.

/** 2^16 has the exponent that float16 gives to infinities and NaN. */
const BEYOND = 65536

/** Lanes of the 16-bit words that are the low half of `words`. */
export const fromHalf = (words: Vector, f: FunctionBuilder): Vector => {
  const s = f.let(i32x4.extendLowS(words))
  const x = f.let(f32x4.mul(v128.and(i32x4.shl(s, 13), 0xfffe000), 2 ** 112))
  return v128.or(v128.or(x, v128.and(f32x4.ge(x, BEYOND), f32x4.splat(Infinity))), v128.and(s, f32x4.splat(-0)))
}

/** 16-bit words, in the low half, of lanes that float16 holds. */
export const toHalf = (v: Vector, f: FunctionBuilder): Vector => {
  const x = f.let(v)
  const magnitude = i32x4.shrU(f32x4.mul(f32x4.min(f32x4.abs(x), BEYOND), 2 ** -112), 13)
  const words = v128.or(v128.and(magnitude, 0x7fff), v128.and(i32x4.shrU(x, 16), 0x8000))
  return doubled(words, f, (w) => shuffle(w, w, 0, 2, 4, 6, 0, 2, 4, 6))
}

/** Lanes to the nearest float16, ties to even; float64 lanes beyond its range stay there.
 *
 * Where 2^e <= |x|, neighbours are 2^(e - 10) apart, as float32 are near 2^(e + 13) and float64 near 2^(e + 42):
 * adding 1.5 times that, and taking it away again, rounds. e is at least -14, below which numbers are subnormal. For a
 * float32 that + - * / or sqrt rounded, the second rounding changes nothing: 24 bits are more than 2 * 11 + 1.
 * @see Figueroa, When is double rounding innocuous?, SIGNUM Newsletter 30(3), 1995 */
export function roundHalf(v: Vector, dtype: 'float32' | 'float64', f: FunctionBuilder): Vector {
  const [x, shift] = dtype === 'float32' ? [f32x4, 2 ** 13] : [f64x2, 2 ** 42]
  const a = f.let(v)
  const power = x.min(x.max(v128.and(a, x.splat(Infinity)), x.splat(2 ** -14)), x.splat(BEYOND))
  const large = f.let(x.mul(power, x.splat(1.5 * shift)))
  // A negative number that becomes 0 keeps its sign.
  const rounded = v128.or(x.sub(x.add(a, large), large), v128.and(a, x.splat(-0)))
  // From 2^16 on, which times 2^112 is infinite.
  return dtype === 'float32' ? f32x4.mul(f32x4.mul(rounded, 2 ** 112), 2 ** -112) : rounded
}
