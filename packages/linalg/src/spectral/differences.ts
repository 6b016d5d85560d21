import { abs, add, div, equal, lessEqual, logicalAnd, mul, reciprocal, sub, where, type Tensor } from '@gradloom/core'
import { orOne, unless } from '../ops/unless.ts'

/** A function of every element. */
export type Elementwise = (x: Tensor) => Tensor

/** Rounding of a few operations. */
const ROUNDING = { float64: 4 * 2 ** -52, float32: 4 * 2 ** -23 }

/** Points of [0, 1] and their weights, of Gauss and Legendre's rules: exact to degree 5 and 9. */
const THREE: Rule = /* @__PURE__ */ rule(4 / 9, [[Math.sqrt(3 / 5), 5 / 18]])
const FIVE: Rule = /* @__PURE__ */ rule(64 / 225, [
  [Math.sqrt(5 - 2 * Math.sqrt(10 / 7)) / 3, (322 + 13 * Math.sqrt(70)) / 1800],
  [Math.sqrt(5 + 2 * Math.sqrt(10 / 7)) / 3, (322 - 13 * Math.sqrt(70)) / 1800],
])

type Rule = readonly (readonly [at: number, weight: number])[]

function rule(centre: number, pairs: readonly (readonly [number, number])[]): Rule {
  return [[0.5, centre], ...pairs.flatMap(([x, w]) => [[(1 - x) / 2, w] as const, [(1 + x) / 2, w] as const])]
}

const total = (terms: readonly Tensor[]): Tensor => terms.reduce((sum, t) => add(sum, t))

/** `change / gap`, or `near` where that is more accurate: where it agrees with the quotient as far as rounding leaves
 * that, and two rules of integration agree better. `size`: of what cancels in `change`. */
function better(change: Tensor, gap: Tensor, size: Tensor, coarse: Tensor, near: Tensor): Tensor {
  const rounding = mul(size, ROUNDING[gap.dtype as 'float64'])
  const isWithin = (x: Tensor): Tensor => lessEqual(abs(x), rounding)
  const isNear = logicalAnd(isWithin(mul(sub(near, coarse), gap)), isWithin(sub(mul(near, gap), change)))
  return where(isNear, near, div(change, orOne(gap)))
}

/** f[a, b] = (f(a) - f(b)) / (a - b), which is the mean of f' from b to a, and taken so where they are close: exact at
 * ties, accurate to rounding beside them.
 * @see Ju. L. Daleckii, S. G. Krein, "Integration and differentiation of functions of Hermitian operators", 1965;
 * N. J. Higham, "Functions of Matrices", 2008, section B.16 */
export function firstDifference(f: Elementwise, df: Elementwise, a: Tensor, b: Tensor): Tensor {
  const gap = sub(a, b)
  const mean = (points: Rule): Tensor => total(points.map(([at, w]) => mul(df(add(b, mul(gap, at))), w)))
  const fa = f(a)
  const fb = f(b)
  return better(sub(fa, fb), gap, add(abs(fa), abs(fb)), mean(THREE), mean(FIVE))
}

/** Barycentric points of a triangle and weights that sum to 1/2: exact to degree 2 and 5 (Radon's rule). */
const EDGES: readonly (readonly [number, number, number])[] = [
  [0.5, 0.5, 1 / 6],
  [0, 0.5, 1 / 6],
  [0.5, 0, 1 / 6],
]
const RADON: readonly (readonly [number, number, number])[] = /* @__PURE__ */ (() => {
  const root = Math.sqrt(15)
  const corner = (t: number, w: number): (readonly [number, number, number])[] => [
    [t, t, w],
    [t, 1 - 2 * t, w],
    [1 - 2 * t, t, w],
  ]
  return [
    [1 / 3, 1 / 3, 9 / 80],
    ...corner((6 - root) / 21, (155 - root) / 2400),
    ...corner((6 + root) / 21, (155 + root) / 2400),
  ]
})()

/** f[a, b, c], from the two of the three that are farthest apart; where all are close, the integral of f'' over the
 * triangle of their means. */
export function secondDifference(
  f: Elementwise,
  df: Elementwise,
  d2f: Elementwise,
  a: Tensor,
  b: Tensor,
  c: Tensor,
): Tensor {
  const lowest = least(least(a, b), c)
  const highest = most(most(a, b), c)
  const middle = most(least(a, b), least(most(a, b), c))
  const upper = firstDifference(f, df, highest, middle)
  const lower = firstDifference(f, df, middle, lowest)
  const gap = sub(highest, lowest)
  const over = (points: typeof EDGES): Tensor =>
    total(points.map(([p, q, w]) => mul(d2f(add(lowest, add(mul(gap, p), mul(sub(middle, lowest), q)))), w)))
  return better(sub(upper, lower), gap, add(abs(upper), abs(lower)), over(EDGES), over(RADON))
}

const least = (a: Tensor, b: Tensor): Tensor => where(lessEqual(a, b), a, b)
const most = (a: Tensor, b: Tensor): Tensor => where(lessEqual(a, b), b, a)

/** 1 / x, and 0 where x is 0. */
export const inverseOrZero = (x: Tensor): Tensor => unless(equal(x, 0), x, 0, reciprocal)
