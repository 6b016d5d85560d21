import { choose, withSign, type Formula, type V } from './formula.ts'

// e^r = 1 + r + r^2 Q(r) for |r| <= ln 2 / 2. Minimax (Remez, 40 digits); relative error of r + r^2 Q as e^r - 1:
// 2^-32.0 and 2^-61.7.
const Q32 = [
  0.5000000046710478, 0.16666666816779038, 0.04166635336918167, 8.333273069261023e-3, 1.394111393210845e-3,
  1.991418159041941e-4,
]
const Q64 = [
  0.5, 0.16666666666666677, 0.0416666666666667, 8.333333333321531e-3, 1.3888888888866635e-3, 1.9841269886401496e-4,
  2.4801587360959474e-5, 2.7557243911237429e-6, 2.7557242417021683e-7, 2.5109147552965606e-8, 2.0924548198551303e-9,
]
// ln 2 in two parts, the first short enough (10 and 32 bits) for its product with an exponent to be exact.
const LN2_32 = [0.693359375, -2.1219444005469058e-4] as const
const LN2_64 = [0.6931471803691238, 1.9082149292705877e-10] as const

const bias = (w: Formula): number => (w.single ? 127 : 1023)
export const ln2 = (w: Formula): readonly [high: number, low: number] => (w.single ? LN2_32 : LN2_64)

/** x = n ln 2 + r: e^r - 1, and n + `bias` in the lowest bits of `shifted`: adding 1.5 * 2^fraction rounds to a whole
 * number. */
function reduce(w: Formula, x: V, bias: number): { readonly shifted: V; readonly rest: V } {
  const [high, low] = ln2(w)
  const magic = 1.5 * 2 ** w.fraction + bias
  const shifted = w.let(w.fma(x, Math.LOG2E, magic))
  const n = w.let(w.sub(shifted, magic))
  const r = w.let(w.fnma(n, low, w.fnma(n, high, x)))
  const z = w.let(w.mul(r, r))
  return { shifted, rest: w.let(w.fma(z, w.polynomial(r, w.single ? Q32 : Q64, z), r)) }
}

/** Bits n + bias as the power 2^n. */
const power = (w: Formula, biased: V): V => w.let(w.int.shl(biased, w.fraction))

/** e^x. Overflow gives infinity, underflow goes through the denormals to 0: the power of two is applied in two halves.
 * */
export function exp(w: Formula, x: V): V {
  const clamped = w.let(w.atLeast(w.atMost(x, w.single ? 89 : 710), w.single ? -104.5 : -746))
  const { shifted, rest } = reduce(w, clamped, 2 * bias(w))
  const half = w.let(w.int.shrU(shifted, 1))
  const first = power(w, half)
  return w.mul(w.fma(rest, first, first), w.int.shl(w.int.sub(shifted, half), w.fraction))
}

/** e^x for x whose result is normal: what the others build on. */
export function expNormal(w: Formula, x: V): V {
  const { shifted, rest } = reduce(w, x, bias(w))
  const whole = power(w, shifted)
  return w.fma(rest, whole, whole)
}

/** e^x - 1 = 2 (2^(n-1) (e^r - 1) + 2^(n-1) - 1/2): n - 1 keeps the power finite where the result is. */
export function expm1(w: Formula, x: V): V {
  const pinned = w.let(x)
  const clamped = w.let(w.atLeast(w.atMost(pinned, w.single ? 89 : 710), w.single ? -20 : -40))
  const { shifted, rest } = reduce(w, clamped, bias(w) - 1)
  const half = power(w, shifted)
  const value = w.let(w.fma(half, rest, w.sub(half, 0.5)))
  // So small that x is the result: keeps denormals and -0.
  return choose(
    w.lanes.vector.lt(w.lanes.vector.abs(pinned), w.k(w.single ? 2 ** -25 : 2 ** -54)),
    pinned,
    w.add(value, value),
  )
}

/** 1 / (1 + e^-x), as e^x / (1 + e^x) below 0, which keeps the relative error there. */
export function sigmoid(w: Formula, x: V): V {
  const pinned = w.let(x)
  const { vector } = w.lanes
  const e = w.let(exp(w, vector.neg(vector.abs(pinned))))
  return vector.div(choose(vector.lt(pinned, w.k(0)), e, w.k(1)), w.add(e, 1))
}

// tanh x = x + x^3 P(x^2) for |x| < 0.63. Minimax (Remez, 40 digits), relative error 2^-32.5.
const TANH32 = [-0.3333333069, 0.1333320083, -0.05394601618, 0.02169616832, -8.165222071e-3, 2.131034159e-3]

/** tanh x = 1 - 2 / (e^2x + 1); below 0.625 a polynomial (f32), below 1 t / (t + 2) with t = e^2x - 1 (f64). Odd to the
 * bit. */
export function tanh(w: Formula, x: V): V {
  const pinned = w.let(x)
  const { vector } = w.lanes
  const size = w.let(vector.abs(pinned))
  const doubled = w.let(w.mul(w.atMost(size, w.single ? 10 : 22), 2))
  const sign = w.k(-0)
  if (w.single) {
    const far = w.fnma(vector.div(w.k(2), w.add(expNormal(w, doubled), 1)), 1, 1)
    const z = w.let(w.mul(size, size))
    const near = w.fma(w.mul(size, z), w.polynomial(z, TANH32), size)
    return withSign(choose(vector.lt(size, w.k(0.625)), near, far), pinned, sign)
  }
  const t = w.let(expm1(w, doubled))
  const isNear = w.let(vector.lt(size, w.k(1)))
  const ratio = vector.div(choose(isNear, t, w.k(-2)), w.add(t, 2))
  return withSign(w.add(ratio, choose(isNear, w.k(0), w.k(1))), pinned, sign)
}
