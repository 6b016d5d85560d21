import { v128 } from '../wasm/simd.ts'
import { ln2 } from './exponential.ts'
import { choose, type Formula, type V } from './formula.ts'

// log(1 + f) = f - f^2 / 2 + f^3 P(f), sqrt(1/2) <= 1 + f < sqrt 2. Minimax (Remez, 40 digits), relative error 2^-27.4.
const P32 = [
  0.3333333172, -0.2500082094, 0.2000122617, -0.1662335908, 0.1420176935, -0.1316018032, 0.1276152551, -0.0763444897,
]
// log(1 + f) = 2 s + s^3 R(s^2), s = f / (2 + f) (the form of fdlibm's e_log.c). Minimax (Remez, 40 digits), relative
// error 2^-58.5.
const R64 = [
  0.6666666666666735, 0.3999999999941245, 0.28571428742983945, 0.22222198501416166, 0.18183568592623933,
  0.15313928309139628, 0.1479729628107567,
]

/** log(x (1 + c)) for normal x > 0 and a tiny c, plus `shift` times ln 2; `c` and `shift` are optional. */
function core(w: Formula, x: V, c?: V, shift?: V): V {
  const { int, fraction, single } = w
  const one = single ? 0x3f800000n : 0x3ff0000000000000n
  const root = single ? 0x3f3504f3n : 0x3fe6a09e667f3bcdn // sqrt(1/2)
  const mantissa = (1n << BigInt(fraction)) - 1n
  // Fractions from sqrt(1/2) to sqrt 2: adding the distance from there to 1 carries into the exponent at the right
  // place.
  const moved = w.let(int.add(x, w.bits(one - root)))
  const biased = v128.or(int.shrU(moved, fraction), w.k(2 ** fraction))
  const exponent = w.sub(biased, 2 ** fraction + (single ? 127 : 1023))
  const e = w.let(shift ? w.sub(exponent, shift) : exponent)
  const f = w.let(w.sub(int.add(v128.and(moved, w.bits(mantissa)), w.bits(root)), 1))
  const half = w.let(w.mul(w.mul(f, f), 0.5))
  const [high, low] = ln2(w)
  const small = w.let(c ? w.fma(e, low, c) : w.mul(e, low))
  if (single) {
    const cubic = w.fma(w.mul(w.mul(f, f), f), w.polynomial(f, P32), small)
    return w.fma(e, high, w.add(f, w.sub(cubic, half)))
  }
  const s = w.let(w.lanes.vector.div(f, w.add(f, 2)))
  const z = w.let(w.mul(s, s))
  const tail = w.fma(s, w.add(half, w.mul(z, w.polynomial(z, R64))), small)
  return w.fma(e, high, w.add(f, w.sub(tail, half)))
}

/** -infinity at 0, NaN below, infinity and NaN as they are; elsewhere `value`. */
function special(w: Formula, x: V, value: V): V {
  const { vector } = w.lanes
  const ordinary = v128.and(vector.gt(x, w.k(0)), vector.lt(x, w.k(Infinity)))
  return choose(ordinary, value, choose(vector.eq(x, w.k(0)), w.k(-Infinity), v128.or(x, vector.lt(x, w.k(0)))))
}

/** Natural logarithm; denormals are scaled up first. */
export function log(w: Formula, x: V): V {
  const pinned = w.let(x)
  const up = w.single ? 25 : 54
  const isTiny = w.let(w.lanes.vector.lt(pinned, w.k(w.single ? 2 ** -126 : 2 ** -1022)))
  const scaled = w.let(choose(isTiny, w.mul(pinned, 2 ** up), pinned))
  return special(w, pinned, core(w, scaled, undefined, v128.and(isTiny, w.k(up))))
}

/** log |x| of finite, normal numbers. */
export const logNormal = (w: Formula, x: V): V => core(w, x)

/** log(1 + x): the rounding error of u = 1 + x goes in as a relative correction. */
export function log1p(w: Formula, x: V): V {
  const pinned = w.let(x)
  const { vector } = w.lanes
  const u = w.let(w.add(pinned, 1))
  const rest = w.let(w.sub(u, 1))
  const error = w.add(w.sub(w.k(1), w.sub(u, rest)), w.sub(pinned, rest))
  const value = special(w, u, core(w, u, vector.div(error, u)))
  return choose(vector.lt(vector.abs(pinned), w.k(w.single ? 2 ** -25 : 2 ** -54)), pinned, value)
}
