import { BERNOULLI } from './bernoulli.ts'
import { sinPi } from './gamma.ts'
import { hurwitzZeta } from './zeta.ts'

/** cot(pi x) with its exact zeros and poles. */
const cotPi = (x: number): number => sinPi(x + 0.5) / sinPi(x)

/** The logarithmic derivative of Gamma; NaN at negative integers, -+Infinity at +-0.
 * log x - 1/(2x) - sum of B(2k) / (2k x^2k) for x >= 15, by recurrence below, by reflection for x < 0.
 * @see https://dlmf.nist.gov/5.11.E2 */
export function digamma(x: number): number {
  if (x === 0) return -1 / x
  if (x < 0) return Number.isInteger(x) || x === -Infinity ? NaN : digamma(1 - x) - Math.PI * cotPi(x)
  let shift = 0
  for (; x < 15; x++) shift -= 1 / x
  let total = 0
  for (let k = BERNOULLI.length; k > 0; k--) total += BERNOULLI[k - 1] / (2 * k * x ** (2 * k))
  return Math.log(x) - 0.5 / x - total + shift
}

/** The n-th derivative of cot(pi x), as a polynomial in c = cot(pi x): d c^k = -pi k c^(k-1) (1 + c^2). */
function cotPiDerivative(x: number, n: number): number {
  let p = [0, 1]
  for (let order = 0; order < n; order++) {
    const next = new Array<number>(p.length + 1).fill(0)
    p.forEach((v, k) => {
      if (!k) return
      next[k - 1] -= Math.PI * k * v
      next[k + 1] -= Math.PI * k * v
    })
    p = next
  }
  const c = cotPi(x)
  return p.reduceRight((sum, v) => sum * c + v, 0)
}

/** The n-th derivative of digamma: (-1)^(n+1) n! zeta(n + 1, x), by reflection for x < 0. At its poles, 0 and the
 * negative integers, (-1)^(n+1) Infinity, the limit from above. @see https://dlmf.nist.gov/5.15 */
export function polygamma(x: number, n: number): number {
  if (n === 0) return digamma(x)
  if (Number.isNaN(x) || x === -Infinity || !(n > 0) || !Number.isInteger(n)) return NaN
  if (x === Infinity) return 0
  const sign = n % 2 ? 1 : -1
  if (x <= 0 && Number.isInteger(x)) return sign * Infinity
  if (x < 0) return -Math.PI * cotPiDerivative(x, n) - sign * polygamma(1 - x, n)
  let factorial = 1
  for (let k = 2; k <= n; k++) factorial *= k
  return sign * hurwitzZeta(n + 1, x, factorial)
}
