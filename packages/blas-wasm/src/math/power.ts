import { lanesOf } from '../lanes.ts'
import { f32x4, f64x2, shuffle, v128 } from '../wasm/simd.ts'
import { expNormal } from './exponential.ts'
import { choose, formula, type Formula, type V } from './formula.ts'
import { logNormal } from './logarithm.ts'

/**
 * x^y for f32 lanes with the special cases of `Math.pow` (so 1^infinity and 1^NaN are NaN): e^(y log |x|) in f64
 * halves, whose error of 2^-50 in the logarithm leaves that of the last rounding.
 */
export function powSingle(w: Formula, x: V, y: V): V {
  const { vector } = w.lanes
  const [base, power] = [w.let(x), w.let(y)]
  const wide = formula(w.m, w.f, lanesOf('f64', w.lanes.relaxed))
  const size = w.let(vector.abs(base))
  const half = (v: V, high: boolean): V => w.let(f64x2.promoteLowF32x4(high ? shuffle(v, v, 2, 3, 2, 3) : v))
  const [low, high] = [false, true].map((part) => {
    const [b, p] = [half(size, part), half(power, part)]
    const ordinary = v128.and(f64x2.gt(b, wide.k(0)), f64x2.lt(b, wide.k(Infinity)))
    // log 0 is -infinity, log infinity infinity, log NaN NaN: as b - 1/b gives them.
    const log = choose(ordinary, logNormal(wide, b), f64x2.sub(b, f64x2.div(wide.k(1), b)))
    const exponent = wide.mul(p, log)
    return f32x4.demoteF64x2Zero(expNormal(wide, wide.let(wide.atLeast(wide.atMost(exponent, 200), -200))))
  }) as [V, V]
  const magnitude = shuffle(low, high, 0, 1, 4, 5)
  // Floats from 2^24 on are even; a number is odd if it is whole and its half is not.
  const halved = w.let(w.mul(power, 0.5))
  const isWhole = w.let(vector.eq(vector.trunc(power), power))
  const isOdd = v128.and(isWhole, vector.ne(vector.trunc(halved), halved))
  const signed = v128.or(magnitude, v128.and(v128.and(base, w.k(-0)), isOdd))
  const isFiniteNegative = v128.and(vector.lt(base, w.k(0)), vector.gt(base, w.k(-Infinity)))
  const value = v128.or(signed, v128.andnot(isFiniteNegative, isWhole))
  return choose(vector.eq(power, w.k(0)), w.k(1), value)
}
