import { horner } from './horner.ts'

/** zeta(k) - 1 for k = 2 .. 30, by which log gamma expands around 2; beyond, 2^-k is close enough. */
const ZETA_MINUS_1: readonly number[] = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914, 0.008349277381922827,
  0.00407735619794434, 0.0020083928260822144, 0.0009945751278180853, 0.0004941886041194646, 0.0002460865533080483,
  0.0001227133475784891, 6.124813505870483e-5, 3.058823630702049e-5, 1.5282259408651871e-5, 7.63719763789976e-6,
  3.817293264999839e-6, 1.908212716553939e-6, 9.539620338727962e-7, 4.769329867878065e-7, 2.3845050272773299e-7,
  1.1921992596531107e-7, 5.960818905125948e-8, 2.98035035146523e-8, 1.4901554828365043e-8, 7.45071178983543e-9,
  3.725334024788457e-9, 1.862659723513049e-9, 9.31327432419669e-10,
]
const EULER = 0.5772156649015329

/** Coefficients of log gamma(2 + z) - (1 - gamma) z, divided by z^2: (-1)^k (zeta(k) - 1) / k.
 * @see M. Abramowitz, I. Stegun, Handbook of Mathematical Functions, 6.1.33. The first term left out is below 1e-19 for |z| <= 1/2. */
const AROUND_TWO: readonly number[] = ZETA_MINUS_1.map((zeta, i) => (i % 2 ? -zeta : zeta) / (i + 2))

/** B(2k) / (2k (2k - 1)), Stirling's series (6.1.40): after 8 terms below 1e-17 for x >= 9. */
const STIRLING: readonly number[] = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400]
/** B(2k) / 2k, of the series of digamma (6.3.18). */
const PSI: readonly number[] = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160]
const HALF_LOG_TWO_PI = 0.9189385332046728
const LARGE = 9

/** sin(pi x) with the integer part taken off exactly. */
const sinPi = (x: number): number => {
  const r = x - 2 * Math.round(x / 2)
  return Math.sin(Math.PI * (Math.abs(r) > 0.5 ? Math.sign(r) - r : r))
}

/** log |gamma(x)|, to about 1e-15 relative for x > 0 (also around its zeros 1 and 2), to about 1e-15 absolute near those of
 * negative x. Infinity at 0 and the negative integers. */
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

/** The root of digamma as the sum of two numbers, so that x - root is exact where it is small. */
const ROOT = 1.4616321449683622, ROOT_LOW = 9.549995429965697e-17

/** d/dx log gamma(x), to about 1e-15, relative also around the positive root. -infinity at 0 (infinity at -0), NaN at negative integers. */
export function digamma(x: number): number {
  if (x === 0) return Object.is(x, -0) ? Infinity : -Infinity
  if (x < 0) {
    if (Number.isInteger(x) || x === -Infinity) return NaN
    const r = x - Math.round(x)
    return digamma(1 - x) - Math.PI / Math.tan(Math.PI * r)
  }
  if (x > 1.2 && x < 1.8) return aroundRoot(x)
  let below = 0
  for (; x < LARGE; x += 1) below += 1 / x
  const s = 1 / (x * x)
  return Math.log(x) - 0.5 / x - s * horner(PSI, s) - below
}

/** psi(x) - psi(root) = (x - root) sum over k of 1 / ((k + x) (k + root)); the tail by Euler and Maclaurin. */
function aroundRoot(x: number): number {
  const d = x - ROOT - ROOT_LOW, n = 48 // the term left out is below 1e-17
  let sum = 0
  for (let k = n - 1; k >= 0; k--) sum += 1 / ((k + x) * (k + ROOT))
  // Integral from n of 1 / ((t + x) (t + r)) is log((n + x) / (n + r)) / d.
  const p = 1 / (n + x), q = 1 / (n + ROOT), h = p * q
  const integral = Math.log1p(d * q) / d
  const first = -h * (p + q) // the first derivative at n, then the third
  const third = -6 * h * (p ** 3 + p * p * q + p * q * q + q ** 3)
  const fifth = -120 * h * (p ** 5 + p ** 4 * q + p ** 3 * q * q + p * p * q ** 3 + p * q ** 4 + q ** 5)
  return d * (sum + (d === 0 ? q : integral) + h / 2 - first / 12 + third / 720 - fifth / 30240)
}
