const SQRT_PI = Math.sqrt(Math.PI)

/** e^(-x^2) without the error of rounding x^2, which grows with x: x^2 = h^2 + (x - h)(x + h), h^2 exact. */
function expMinusSquare(x: number): number {
  const h = Math.fround(x)
  return Math.exp(-h * h) * Math.exp(-(x - h) * (x + h))
}

/** 2/sqrt(pi) e^(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!: all terms have one sign, so nothing cancels. For |x| <= 2.
 * @see https://dlmf.nist.gov/7.6.E2 */
function erfSeries(x: number): number {
  let term = x
  let total = x
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    total += term
  }
  return (2 / SQRT_PI) * expMinusSquare(x) * total
}

/** e^(-x^2)/sqrt(pi) times 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ...)))), from the tail. For x >= 1.
 * @see https://dlmf.nist.gov/7.9.E1 */
function erfcFraction(x: number): number {
  let fraction = x
  for (let n = Math.ceil(40 + 400 / (x * x)); n > 0; n--) fraction = x + n / 2 / fraction
  return expMinusSquare(x) / SQRT_PI / fraction
}

/** The error function; relative error below 1e-15. */
export function erf(x: number): number {
  if (Number.isNaN(x) || x === 0) return x
  if (Math.abs(x) <= 2) return erfSeries(x)
  return x > 0 ? 1 - erfc(x) : erfc(-x) - 1
}

/** 1 - erf(x); relative error below 1e-14 down to the underflow at x = 26.5. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x
  if (x < 1) return 1 - erf(x)
  return x > 28 ? 0 : erfcFraction(x)
}
