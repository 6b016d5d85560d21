import { BERNOULLI } from './bernoulli.ts'
import { hurwitzZeta } from './zeta.ts'

const EULER = 0.5772156649015329
const HALF_LOG_2PI = 0.9189385332046727

/** log Gamma for x >= 15: (x - 1/2) log x - x + log(2 pi)/2 + sum of B(2k) / (2k (2k-1) x^(2k-1)).
 * @see https://dlmf.nist.gov/5.11.E1 */
function stirling(x: number): number {
  let total = 0
  for (let k = BERNOULLI.length; k > 0; k--) total += BERNOULLI[k - 1] / (2 * k * (2 * k - 1) * x ** (2 * k - 1))
  return (x - 0.5) * Math.log(x) - x + HALF_LOG_2PI + total
}

/** log Gamma(1 + z) = -log(1 + z) + (1 - Euler) z + sum of (-1)^k (zeta(k) - 1) z^k / k for |z| <= 1/2, to full
 * relative accuracy at its zero z = 0. @see https://dlmf.nist.gov/5.7.E3 */
function nearOne(z: number): number {
  let total = 0
  for (let k = 40; k >= 2; k--) total += ((k % 2 ? -1 : 1) * hurwitzZeta(k, 2) * z ** k) / k
  return -Math.log1p(z) + (1 - EULER) * z + total
}

/** sin(pi x) with its exact zeros. */
export function sinPi(x: number): number {
  const r = x - 2 * Math.round(x / 2)
  return Math.abs(r) <= 0.25
    ? Math.sin(Math.PI * r)
    : Math.sign(r) *
        (Math.abs(r) < 0.75 ? Math.cos(Math.PI * (0.5 - Math.abs(r))) : Math.sin(Math.PI * (1 - Math.abs(r))))
}

/** log |Gamma(x)|; infinite at 0 and the negative integers and at both infinities. */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return x
  if (!Number.isFinite(x) || (x <= 0 && Number.isInteger(x))) return Infinity
  // Gamma(x) Gamma(1 - x) = pi / sin(pi x)
  if (x < 0.5)
    return x > -0.5 ? nearOne(x) - Math.log(Math.abs(x)) : Math.log(Math.PI / Math.abs(sinPi(x))) - lgamma(1 - x)
  if (x <= 1.5) return nearOne(x - 1)
  // Gamma(x) = (x - 1) Gamma(x - 1); log1p keeps the zero at 2.
  if (x <= 2.5) return Math.log1p(x - 2) + nearOne(x - 2)
  let product = 1
  let shifted = x
  while (shifted < 15) product *= shifted++
  return stirling(shifted) - Math.log(product)
}
