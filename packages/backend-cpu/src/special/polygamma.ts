import { digamma } from './gamma.ts'

/** B(2k) / (2k)! */
const BERNOULLI: readonly number[] = [
  1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600, -3617 / 10670622842880000, 43867 / 5109094217170944000,
]

/** Hurwitz zeta, the sum over k >= 0 of (k + a)^-s, for a > 0, s > 1: 12 + s terms, then Euler and Maclaurin.
 * @see F. Johansson, "Rigorous high-precision computation of the Hurwitz zeta function", 2015, section 2. */
function hurwitz(s: number, a: number): number {
  const terms = Math.max(0, Math.ceil(12 + s / 2 - a))
  const t = a + terms, power = t ** -s
  let sum = t * power / (s - 1) + power / 2
  let factor = s * power / t
  for (let k = 0; k < BERNOULLI.length; k++) {
    sum += BERNOULLI[k] * factor
    factor *= (s + 2 * k + 1) * (s + 2 * k + 2) / (t * t)
  }
  for (let k = terms - 1; k >= 0; k--) sum += (a + k) ** -s
  return sum
}

/** The n-th derivative of digamma, (-1)^(n+1) n! zeta(n + 1, x), to about 1e-14 relative; n = 0 is digamma itself.
 * Poles at 0 and the negative integers give infinity; NaN for n that is negative or no integer. */
export function polygamma(x: number, n: number): number {
  if (n === 0) return digamma(x)
  if (!(n > 0) || !Number.isInteger(n) || Number.isNaN(x)) return NaN
  if (x === Infinity) return 0
  let factorial = n % 2 ? 1 : -1
  for (let k = 2; k <= n; k++) factorial *= k
  const s = n + 1
  if (x > 0) return factorial * hurwitz(s, x)
  const p = x - Math.floor(x)
  if (p === 0 || x === -Infinity) return Infinity
  // Terms left of 0 are those of zeta at the mirrored ends.
  const left = hurwitz(s, 1 - p) - hurwitz(s, 1 - x)
  return factorial * (hurwitz(s, p) + (s % 2 ? -left : left))
}
