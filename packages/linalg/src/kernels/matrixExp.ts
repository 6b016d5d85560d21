import type { Blas } from './blas.ts'
import { stackKernel, type Kernel, type Place } from './kernel.ts'
import { factorLu, solveLu } from './lu.ts'
import { dense, roomOf } from './matrix.ts'
import { largest } from './rotation.ts'

/** Numerator of the [13/13] Pade approximant of exp.
 * @see N. J. Higham, "The scaling and squaring method for the matrix exponential revisited", 2005,
 * https://doi.org/10.1137/04061101X */
const PADE: readonly number[] = /* @__PURE__ */ (() => {
  const b = [1]
  // b_k = (26 - k)! 13! / (26! k! (13 - k)!)
  for (let k = 1; k <= 13; k++) b.push((b[k - 1] * (14 - k)) / (k * (27 - k)))
  return b
})()
/** How fast powers of A may grow for its backward error to be within rounding: those of A, and those of |A|, whose
 * 27th is in the first term of the error, with the coefficient c = 13!^2 / (26! 27!): (2^-53 / c)^(1/26).
 * @see A. H. Al-Mohy, N. J. Higham, "A new scaling and squaring algorithm for the matrix exponential", 2009,
 * https://doi.org/10.1137/09074721X */
const REACH = 4.25
const REACH_OF_MAGNITUDES = 5.427
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

/** (norm1(|A|^27) / norm1(A))^(1/26), by sums of columns, which need no powers. */
function growthOf(a: Float64Array, n: number): number {
  let sums = new Float64Array(n).fill(1)
  let next = new Float64Array(n)
  let doublings = 0
  for (let k = 0; k < 27; k++) {
    next.fill(0)
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) next[j] += sums[i] * Math.abs(a[i * n + j])
    const most = largest(next)
    if (most === 0) return 0
    if (k) doublings += Math.log2(most)
    for (let j = 0; j < n; j++) next[j] /= most
    ;[sums, next] = [next, sums]
  }
  return 2 ** (doublings / 26)
}

/** An order of rows and columns in which as many as can be are an upper triangle: elimination has its pivots on the
 * diagonal there, whatever the sizes of rows are. Lower triangles, and those of their derivatives, have one too. */
function triangularOrder(a: Float64Array, n: number): readonly number[] {
  const order: number[] = []
  let rest = Array.from({ length: n }, (_, i) => i)
  for (;;) {
    const last = rest.findLast((i) => rest.every((j) => j === i || a[i * n + j] === 0))
    if (last === undefined) return [...rest, ...order]
    order.unshift(last)
    rest = rest.filter((i) => i !== last)
  }
}

/** Matrices that `exponential` works in. */
const SQUARES = 13

/** The exponential of a, to `out`, with `squares` to work in. */
function exponential(
  blas: Blas,
  squares: readonly Float64Array[],
  given: Float64Array,
  n: number,
  out: Float64Array,
  place: Place,
): void {
  // Beyond what squaring reaches: the result has no place among floats, or is 0 where all of it decays.
  const norm = norm1(given, n)
  if (norm > LARGEST) return void out.fill(NaN)
  let taken = 0
  const square = (): Float64Array => squares[taken++]
  const product = (x: Float64Array, y: Float64Array, to: Float64Array): Float64Array => {
    blas.gemm(n, n, n, 1, dense(x, n), dense(y, n), 0, dense(to, n))
    return to
  }
  const order = triangularOrder(given, n)
  const ordered = (at: number): number => order[(at / n) | 0] * n + order[at % n]
  const a = square()
  a.forEach((_, at) => (a[at] = given[ordered(at)]))
  const a2 = product(a, a, square())
  const a4 = product(a2, a2, square())
  const a6 = product(a4, a2, square())
  const rate = (power: Float64Array, k: number): number => norm1(power, n) ** (1 / k)
  /** Each of three pairs of powers bounds the error. */
  const reachOf = (): number => {
    const d6 = rate(a6, 6)
    const d8 = rate(product(a4, a4, out), 8)
    const d10 = rate(product(a4, a6, out), 10)
    return Math.min(Math.max(rate(a4, 4), d6), Math.max(d6, d8), Math.max(d8, d10))
  }
  // The norm says nothing of powers that cancel: by it alone, A is scaled too much, which costs digits.
  const needed = norm > REACH ? Math.max(reachOf() / REACH, growthOf(a, n) / REACH_OF_MAGNITUDES) : 1
  const squarings = Math.max(0, Math.ceil(Math.log2(needed)))
  ;[a, a2, a4, a6].forEach((power, i) => {
    const scale = 2 ** (squarings * Math.max(1, 2 * i))
    for (let j = 0; j < power.length; j++) power[j] /= scale
  })
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
  const exchanged = new Int32Array(n)
  factorLu(blas, dense(below, n), n, n, exchanged)
  let result = square()
  solveLu('matrixExp', blas, dense(below, n), n, exchanged, false, even, result, place)
  let other = below
  for (let k = 0; k < squarings; k++) [result, other] = [product(result, result, other), result]
  result.forEach((v, at) => (out[ordered(at)] = v))
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
