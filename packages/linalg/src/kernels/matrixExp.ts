import { eachMatrix, stackSize, type Kernel, type Place } from './kernel.ts'
import { factorLu } from './lu.ts'
import { solveTriangle } from './triangular.ts'
import { product } from './update.ts'

/** Numerator of the [13/13] Pade approximant of exp, and the 1-norm up to which its backward error is within rounding.
 * @see N. J. Higham, "The scaling and squaring method for the matrix exponential revisited", 2005,
 * https://doi.org/10.1137/04061101X */
const PADE: readonly number[] = /* @__PURE__ */ (() => {
  const b = [1]
  // b_k = (26 - k)! 13! / (26! k! (13 - k)!)
  for (let k = 1; k <= 13; k++) b.push((b[k - 1] * (14 - k)) / (k * (27 - k)))
  return b
})()
const REACH = 5.371920351148152
const LARGEST = 2 ** 100

const norm1 = (a: Float64Array, n: number): number => {
  let most = 0
  for (let j = 0; j < n; j++) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += Math.abs(a[i * n + j])
    most = Math.max(most, sum)
  }
  return most
}

export function exponential(a: Float64Array, n: number, place: Place): Float64Array {
  const norm = norm1(a, n)
  // Beyond what squaring reaches: the result has no place among floats, or is 0 where all of it decays.
  if (norm > LARGEST) return new Float64Array(n * n).fill(NaN)
  const squarings = norm > REACH ? Math.ceil(Math.log2(norm / REACH)) : 0
  for (let i = 0; i < a.length; i++) a[i] /= 2 ** squarings
  const a2 = product(a, a, n, n, n)
  const a4 = product(a2, a2, n, n, n)
  const a6 = product(a4, a2, n, n, n)
  /** c0 I + c1 A^2 + c2 A^4 + c3 A^6, of every other coefficient from `first` on. */
  const sum = (first: number, count: number): Float64Array => {
    const out = new Float64Array(n * n)
    const [c0, c1, c2, c3] = Array.from({ length: 4 }, (_, i) => (i < count ? PADE[first + 2 * i] : 0))
    for (let i = 0; i < out.length; i++) out[i] = c1 * a2[i] + c2 * a4[i] + c3 * a6[i]
    for (let i = 0; i < n; i++) out[i * n + i] += c0
    return out
  }
  /** Coefficients 0, 2, ... or 1, 3, ... . */
  const half = (first: number): Float64Array => {
    const low = sum(first, 4)
    const high = product(a6, sumHigh(first), n, n, n)
    for (let i = 0; i < low.length; i++) low[i] += high[i]
    return low
  }
  const sumHigh = (first: number): Float64Array => {
    const out = new Float64Array(n * n)
    for (let i = 0; i < out.length; i++)
      out[i] = PADE[first + 8] * a2[i] + PADE[first + 10] * a4[i] + PADE[first + 12] * a6[i]
    return out
  }
  const even = half(0)
  const odd = product(a, half(1), n, n, n)
  const below = even.map((v, i) => v - odd[i])
  const x = even.map((v, i) => v + odd[i])
  const order = new Int32Array(n)
  factorLu(below, n, n, order)
  const sorted = new Float64Array(n * n)
  order.forEach((from, i) => sorted.set(x.subarray(from * n, from * n + n), i * n))
  solveTriangle('matrixExp', below, n, { lower: true, transpose: false, unitDiagonal: true }, sorted, n, place)
  solveTriangle('matrixExp', below, n, { lower: false, transpose: false, unitDiagonal: false }, sorted, n, place)

  let result: Float64Array = sorted
  for (let k = 0; k < squarings; k++) result = product(result, result, n, n, n)
  return result
}

export const matrixExp: Kernel = ({ inputs: [x], outputs: [y] }) => {
  const n = x.shape.at(-1)!
  eachMatrix('matrixExp', stackSize(x.shape), [x], [y], ([a], [out], place) => out.set(exponential(a, n, place)))
}
