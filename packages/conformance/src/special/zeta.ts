import { BERNOULLI } from './bernoulli.ts'

/** sum over n >= 0 of (a + n)^-s for s > 1, a > 0, by Euler and Maclaurin. @see https://dlmf.nist.gov/25.11.E5 */
export function hurwitzZeta(s: number, a: number): number {
  const n = Math.max(0, Math.ceil(20 + s / 2 - a))
  const x = a + n
  let factor = s / x
  let tail = 0
  for (let k = 1; k <= BERNOULLI.length; k++) {
    // factor = 2 s (s+1) ... (s+2k-2) / ((2k)! x^(2k-1))
    tail += (BERNOULLI[k - 1] * factor) / 2
    factor *= ((s + 2 * k - 1) * (s + 2 * k)) / ((2 * k + 1) * (2 * k + 2) * x * x)
  }
  let total = x ** -s * (x / (s - 1) + 0.5 + tail)
  for (let i = n - 1; i >= 0; i--) total += (a + i) ** -s
  return total
}
