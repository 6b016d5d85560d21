import { digamma } from './gamma.ts'
import { hurwitz } from './zeta.ts'

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
