import { digamma } from './gamma.ts'
import { hurwitz } from './zeta.ts'

/** The n-th derivative of digamma, (-1)^(n+1) n! zeta(n + 1, x), to about 1e-14 relative; n = 0 is digamma itself. At
 * the poles, 0 and the negative integers, (-1)^(n+1) infinity, its limit from above; NaN for n that is negative or no
 * integer. */
export function polygamma(x: number, n: number): number {
  if (n === 0) return digamma(x)
  if (!(n > 0) || !Number.isInteger(n) || Number.isNaN(x)) return NaN
  if (x === Infinity) return 0
  let factorial = n % 2 ? 1 : -1
  for (let k = 2; k <= n; k++) factorial *= k
  const s = n + 1
  if (x > 0) return hurwitz(s, x, factorial)
  if (x === -Infinity) return NaN
  // Exact: what is near a pole has all of its digits.
  const r = x - Math.round(x)
  if (r === 0) return factorial * Infinity
  // Terms left of 0 are those of zeta at the mirrored ends.
  const left = hurwitz(s, r < 0 ? -r : 1 - r, factorial) - hurwitz(s, 1 - x, factorial)
  return hurwitz(s, r < 0 ? 1 + r : r, factorial) + (s % 2 ? -left : left)
}
