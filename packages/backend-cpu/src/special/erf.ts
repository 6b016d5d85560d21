import { horner } from './horner.ts'

/** Rational minimax approximations with relative errors below 1e-16 on |x| < 0.46875, up to 4, and beyond.
 * @see W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969), tables I to III. */
const SMALL_P: readonly number[] = [3209.377589138469472, 377.485237685302021, 113.864154151050156, 3.1611237438705656, 0.185777706184603153]
const SMALL_Q: readonly number[] = [2844.236833439170622, 1282.616526077372276, 244.024637934444173, 23.6012909523441209, 1]
const MIDDLE_P: readonly number[] = [
  1230.33935479799725, 2051.07837782607147, 1712.04761263407058, 881.952221241769090, 298.635138197400131, 66.1191906371416295,
  8.88314979438837594, 0.564188496988670089, 2.15311535474403846e-8,
]
const MIDDLE_Q: readonly number[] = [
  1230.33935480374942, 3439.36767414372164, 4362.61909014324716, 3290.79923573345963, 1621.38957456669019, 537.181101862009858,
  117.693950891312499, 15.7449261107098347, 1,
]
const LARGE_P: readonly number[] = [
  -6.58749161529837803e-4, -0.0160837851487422766, -0.125781726111229246, -0.360344899949804439, -0.305326634961232344, -0.0163153871373020978,
]
const LARGE_Q: readonly number[] = [0.00233520497626869185, 0.0605183413124413191, 0.527905102951428412, 1.87295284992346725, 2.56852019228982242, 1]
const ONE_BY_SQRT_PI = 0.5641895835477563
const SMALL = 0.46875

/** erfc on x >= 0.46875. */
function tail(x: number): number {
  if (x > 27) return 0
  const z = 1 / (x * x)
  const scaled = x <= 4 ? horner(MIDDLE_P, x) / horner(MIDDLE_Q, x) : (ONE_BY_SQRT_PI + z * horner(LARGE_P, z) / horner(LARGE_Q, z)) / x
  // exp(-x^2) in two factors: the first square is exact, so x^2 loses no digits.
  const head = Math.trunc(x * 16) / 16
  return Math.exp(-head * head) * Math.exp(-(x - head) * (x + head)) * scaled
}

const small = (x: number): number => x * horner(SMALL_P, x * x) / horner(SMALL_Q, x * x)

/** The error function, to about 1e-15 relative. */
export function erf(x: number): number {
  const a = Math.abs(x)
  return Number.isNaN(x) ? x : a <= SMALL ? small(x) : Math.sign(x) * (1 - tail(a))
}

/** 1 - erf(x) without cancellation: to about 1e-15 relative until it underflows beyond 26.5. */
export function erfc(x: number): number {
  const a = Math.abs(x)
  return Number.isNaN(x) ? x : a <= SMALL ? 1 - small(x) : x < 0 ? 2 - tail(a) : tail(a)
}
