/** B(2k), k from 1: what the asymptotic series of this folder are made of. */
export const BERNOULLI: readonly number[] = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
]

/** Hurwitz zeta, the sum over k >= 0 of (k + a)^-s, times `scale`, for a > 0, s > 1: 12 + s terms, then Euler and
 * Maclaurin.
 * @see F. Johansson, "Rigorous high-precision computation of the Hurwitz zeta function", 2015, section 2. */
export function hurwitz(s: number, a: number, scale = 1): number {
  const terms = Math.max(0, Math.ceil(12 + s - a))
  const t = a + terms
  // scale x^(1 - s) in two factors, of which neither vanishes where it does not.
  const power = (x: number): number => scale * x ** ((1 - s) / 2) * x ** ((1 - s) / 2)
  let tail = 1 / (s - 1) + 0.5 / t
  let factor = s / (t * t) / 2
  BERNOULLI.forEach((b, i) => {
    const k = 2 * i + 1
    tail += b * factor
    factor *= (((s + k) / (k + 2)) * (s + k + 1)) / (k + 3) / (t * t)
  })
  let sum = power(t) * tail
  for (let k = terms - 1; k >= 0; k--) sum += power(a + k) / (a + k)
  return sum
}

/** Taylor coefficients of digamma around a without the first, (-1)^k zeta(k + 2, a): fast for numbers well within a of
 * it. */
export const digammaTerms = (a: number): number[] =>
  Array.from({ length: 29 }, (_, k) => (k % 2 ? -1 : 1) * hurwitz(k + 2, a))
