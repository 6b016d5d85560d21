import { BERNOULLI } from './bernoulli.ts'

/** `scale` times the sum over n >= 0 of (a + n)^-s for s > 1, a > 0, by Euler and Maclaurin.
 * @see https://dlmf.nist.gov/25.11.E5 */
export function hurwitzZeta(s: number, a: number, scale = 1): number {
  const n = Math.max(0, Math.ceil(20 + s / 2 - a))
  const x = a + n
  let factor = s / x
  let tail = 0
  for (let k = 1; k <= BERNOULLI.length; k++) {
    // factor = 2 s (s+1) ... (s+2k-2) / ((2k)! x^(2k-1))
    tail += (BERNOULLI[k - 1] * factor) / 2
    factor *= ((s + 2 * k - 1) * (s + 2 * k)) / ((2 * k + 1) * (2 * k + 2) * x * x)
  }
  // scale y^(1 - s) in two factors, of which neither vanishes where it does not.
  const power = (y: number): number => scale * y ** ((1 - s) / 2) * y ** ((1 - s) / 2)
  let total = power(x) * (1 / (s - 1) + (0.5 + tail) / x)
  for (let i = n - 1; i >= 0; i--) total += power(a + i) / (a + i)
  return total
}
