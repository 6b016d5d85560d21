import type { Blas } from './blas.ts'
import { stackKernel, type Kernel, type Place } from './kernel.ts'
import { factorLu, solveLu } from './lu.ts'
import { dense, roomOf } from './matrix.ts'

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

/** Matrices that `exponential` works in. */
const SQUARES = 12

/** The exponential of a, to `out`, with `squares` to work in. */
function exponential(
  blas: Blas,
  squares: readonly Float64Array[],
  a: Float64Array,
  n: number,
  out: Float64Array,
  place: Place,
): void {
  const norm = norm1(a, n)
  // Beyond what squaring reaches: the result has no place among floats, or is 0 where all of it decays.
  if (norm > LARGEST) return void out.fill(NaN)
  let taken = 0
  const square = (): Float64Array => squares[taken++]
  const product = (x: Float64Array, y: Float64Array, to: Float64Array): Float64Array => {
    blas.gemm(n, n, n, 1, dense(x, n), dense(y, n), 0, dense(to, n))
    return to
  }
  const squarings = norm > REACH ? Math.ceil(Math.log2(norm / REACH)) : 0
  for (let i = 0; i < a.length; i++) a[i] /= 2 ** squarings
  const a2 = product(a, a, square())
  const a4 = product(a2, a2, square())
  const a6 = product(a4, a2, square())
  /** c1 A^2 + c2 A^4 + c3 A^6, of every other coefficient from `first` on. */
  const sum = (first: number): Float64Array => {
    const out = square()
    for (let i = 0; i < out.length; i++)
      out[i] = PADE[first] * a2[i] + PADE[first + 2] * a4[i] + PADE[first + 4] * a6[i]
    return out
  }
  /** Coefficients 0, 2, ... or 1, 3, ... . */
  const half = (first: number): Float64Array => {
    const low = sum(first + 2)
    const high = product(a6, sum(first + 8), square())
    for (let i = 0; i < low.length; i++) low[i] += high[i]
    for (let i = 0; i < n; i++) low[i * n + i] += PADE[first]
    return low
  }
  const even = half(0)
  const odd = product(a, half(1), square())
  const below = square()
  below.set(even)
  odd.forEach((v, i) => {
    below[i] -= v
    even[i] += v
  })
  const order = new Int32Array(n)
  factorLu(blas, dense(below, n), n, n, order)
  let result = square()
  solveLu('matrixExp', blas, dense(below, n), n, order, false, even, result, place)
  let other = below
  for (let k = 0; k < squarings; k++) [result, other] = [product(result, result, other), result]
  out.set(result)
}

export const matrixExp: Kernel = /* @__PURE__ */ stackKernel(
  'matrixExp',
  ({ inputs: [{ shape }] }) => SQUARES * roomOf(shape.at(-1)! ** 2),
  ({ inputs: [{ shape }] }, { blas, room }) => {
    const n = shape.at(-1)!
    const squares = Array.from({ length: SQUARES }, () => room.take(n * n))
    return ([a], [out], place) => exponential(blas, squares, a, n, out, place)
  },
)
