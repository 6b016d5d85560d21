import { lanesOf } from '../lanes.ts'
import { f32x4, f64x2, shuffle, v128 } from '../wasm/simd.ts'
import { choose, formula, type Formula, type V } from './formula.ts'
import { perLane } from './import.ts'

// sin r = r + r^3 S(r^2) and cos r = 1 - r^2 / 2 + r^4 C(r^2) for |r| <= pi / 4. Minimax (Remez, 40 digits), relative
// errors:
// f32 2^-28.0 and 2^-33.3, f64 2^-58.0 and 2^-64.2.
const S32 = [-0.1666665488, 8.332173634e-3, -1.951666248e-4]
const C32 = [0.04166664676, -1.388736194e-3, 2.443777109e-5]
const S64 = [
  -0.16666666666666632, 8.333333333322332e-3, -1.9841269829736182e-4, 2.7557313665088877e-6, -2.5050753635574974e-8,
  1.5896521482340945e-10,
]
const C64 = [
  0.0416666666666666, -1.3888888888873995e-3, 2.4801587289396938e-5, -2.7557314326522884e-7, 2.0875719616014719e-9,
  -1.1359451248527971e-11,
]

// pi / 2 in parts of 33, 33 and 53 bits: products of the first two with a whole number below 2^20 are exact.
const HALF_PI = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const
/** Largest |x| reduced so; beyond it lanes go to Math, which reduces with as many bits as it takes. */
const LIMIT = 1e6

interface Reduced {
  readonly r: V
  /** What r lacks, below half an ulp of it. */
  readonly low?: V
  /** Lowest bits: the multiple of pi / 2, modulo 4. */
  readonly quadrant: V
}

/** x - n pi / 2 for f64 lanes. */
function reduceDouble(w: Formula, x: V): Required<Reduced> {
  const magic = 1.5 * 2 ** 52
  const shifted = w.let(w.fma(x, 2 / Math.PI, magic))
  const n = w.let(w.sub(shifted, magic))
  const first = w.let(w.fnma(n, HALF_PI[0], x))
  const second = w.let(w.mul(n, HALF_PI[1]))
  const r = w.let(w.sub(first, second))
  const back = w.let(w.sub(first, r))
  const error = w.add(w.sub(first, w.add(r, back)), w.sub(back, second))
  const low = w.let(w.fnma(n, HALF_PI[2], error))
  const sum = w.let(w.add(r, low))
  return { r: sum, low: w.let(w.add(w.sub(r, sum), low)), quadrant: shifted }
}

/** The same for f32 lanes, done in f64 halves: two parts of pi / 2 are enough there. */
function reduceSingle(w: Formula, x: V): Reduced {
  const wide = formula(w.m, w.f, lanesOf('f64', w.lanes.relaxed))
  const half = (v: V): { readonly shifted: V; readonly r: V } => {
    const real = w.let(f64x2.promoteLowF32x4(v))
    const magic = 1.5 * 2 ** 52
    const shifted = w.let(wide.fma(real, 2 / Math.PI, magic))
    const n = w.let(wide.sub(shifted, magic))
    return { shifted, r: w.let(f32x4.demoteF64x2Zero(wide.fnma(n, HALF_PI[1], wide.fnma(n, HALF_PI[0], real)))) }
  }
  const [low, high] = [half(x), half(shuffle(x, x, 2, 3, 2, 3))]
  return {
    r: w.let(shuffle(low.r, high.r, 0, 1, 4, 5)),
    quadrant: w.let(shuffle(low.shifted, high.shifted, 0, 2, 4, 6)),
  }
}

function wave(w: Formula, x: V, name: 'sin' | 'cos'): V {
  const { single, int } = w
  const { vector } = w.lanes
  const pinned = w.let(x)
  const size = w.let(vector.abs(pinned))
  const { r, low, quadrant } = single ? reduceSingle(w, pinned) : reduceDouble(w, pinned)
  const z = w.let(w.mul(r, r))
  const half = w.let(w.mul(z, 0.5))
  const near1 = w.let(w.sub(w.k(1), half))
  let cosine = w.mul(w.mul(z, z), w.polynomial(z, single ? C32 : C64))
  let sine = w.mul(w.mul(r, z), w.polynomial(z, single ? S32 : S64))
  if (low) {
    // sin(r + low) = sin r + low cos r, cos(r + low) = cos r - low r; and what 1 - r^2 / 2 lost by rounding.
    sine = w.add(sine, w.fnma(half, low, low))
    cosine = w.add(w.sub(w.sub(w.k(1), near1), half), w.fnma(r, low, cosine))
  }
  const one = w.bits(1n)
  const turn = w.let(name === 'sin' ? quadrant : int.add(quadrant, one))
  const isOdd = int.sub(w.bits(0n), v128.and(turn, one))
  const value = choose(isOdd, w.add(cosine, near1), w.add(sine, r))
  const signed = v128.xor(value, int.shl(v128.and(turn, w.bits(2n)), single ? 30 : 62))
  // Below 2^-13 (2^-27) sin x is x to the last bit; this keeps -0 and denormals too.
  const result = w.let(
    name === 'sin' ? choose(vector.lt(size, w.k(single ? 2 ** -13 : 2 ** -27)), pinned, signed) : signed,
  )
  const far = w.let(vector.gt(size, w.k(LIMIT)))
  w.f.if(v128.anyTrue(far), () => w.f.set(result, choose(far, perLane(w.m, w.f, w.lanes, name, [pinned]), result)))
  return result
}

/** Sine and cosine of any finite number; NaN at the infinities. */
export const sin = (w: Formula, x: V): V => wave(w, x, 'sin')
export const cos = (w: Formula, x: V): V => wave(w, x, 'cos')
