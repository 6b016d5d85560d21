import { horner } from './horner.ts'
import { BERNOULLI, digammaTerms } from './zeta.ts'

const EULER = 0.5772156649015329

/** Coefficients of log gamma(2 + z) - (1 - gamma) z, divided by z^2: (-1)^k (zeta(k) - 1) / k.
 * @see M. Abramowitz, I. Stegun, Handbook of Mathematical Functions, 6.1.33. The first term left out is below 1e-19 for
 * |z| <= 1/2. */
const AROUND_TWO: readonly number[] = /* @__PURE__ */ digammaTerms(2).map((c, i) => c / (i + 2))

/** B(2k) / (2k (2k - 1)), Stirling's series (6.1.40), and B(2k) / 2k, of that of digamma (6.3.18): what is left out is
 * below 1e-17 for x >= 9. */
const STIRLING: readonly number[] = /* @__PURE__ */ BERNOULLI.map((b, i) => b / (2 * i + 2) / (2 * i + 1))
const PSI: readonly number[] = /* @__PURE__ */ BERNOULLI.map((b, i) => b / (2 * i + 2))
const HALF_LOG_TWO_PI = 0.9189385332046728
const LARGE = 9

/** sin(pi x) with the integer part taken off exactly. */
const sinPi = (x: number): number => {
  const r = x - 2 * Math.round(x / 2)
  return Math.sin(Math.PI * (Math.abs(r) > 0.5 ? Math.sign(r) - r : r))
}

/** log |gamma(x)|, to about 1e-15 relative for x > 0 (also around its zeros 1 and 2), to about 1e-15 absolute near
 * those of negative x. Infinity at 0 and the negative integers. */
export function lgamma(x: number): number {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? x : Infinity
  if (x <= 0) {
    if (Number.isInteger(x)) return Infinity
    if (x > -0.5) return lgamma(x + 1) - Math.log(-x)
    return Math.log(Math.PI / Math.abs(x * sinPi(x))) - lgamma(-x)
  }
  if (x < 0.5) return lgamma(x + 1) - Math.log(x)
  if (x < 1.5) return aroundTwo(x - 1) - Math.log1p(x - 1)
  if (x >= LARGE) return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + horner(STIRLING, 1 / (x * x)) / x
  let product = 1
  while (x > 2.5) product *= x -= 1
  return aroundTwo(x - 2) + Math.log(product)
}

const aroundTwo = (z: number): number => z * (1 - EULER + z * horner(AROUND_TWO, z))

/** The root of digamma as the sum of two numbers, so that x - root is exact where it is small. The nearest pole, 0, is
 * four times as far as the series is used. */
const ROOT = 1.4616321449683622
const ROOT_LOW = 9.549995429965697e-17
const AROUND_ROOT: readonly number[] = /* @__PURE__ */ digammaTerms(ROOT)

/** d/dx log gamma(x), to about 1e-15, relative also around the positive root. -infinity at 0 (infinity at -0), NaN at
 * negative integers. */
export function digamma(x: number): number {
  if (x === 0) return Object.is(x, -0) ? Infinity : -Infinity
  if (x < 0) {
    if (Number.isInteger(x) || x === -Infinity) return NaN
    const r = x - Math.round(x)
    return digamma(1 - x) - Math.PI / Math.tan(Math.PI * r)
  }
  if (x > 1.2 && x < 1.8) {
    const d = x - ROOT - ROOT_LOW
    return d * horner(AROUND_ROOT, d)
  }
  let below = 0
  for (; x < LARGE; x += 1) below += 1 / x
  const s = 1 / (x * x)
  return Math.log(x) - 0.5 / x - s * horner(PSI, s) - below
}
