import { float, horner } from './numbers.ts'

/** erfc(x) e^(x^2) (1 + 2 x) as a polynomial in (x - 3.75) / (x + 3.75), interpolated at the Chebyshev points; what is
 * left out is below 1e-8.
 * @see M. Shepherd, J. Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x in 0 <= x < infinity",
 * Mathematics of Computation 36 (1981). */
const SCALED: readonly number[] = [
  1.2375126, -0.1402406, 0.0035854155, 0.08227674, -0.10880393, 0.09230432, -0.058693399, 0.028362277, -0.0097465796,
  0.001755626, 0.00029371365, -0.00029015497, 0.000051648995, 0.0000223873, -0.000011443182, -9.803131e-7,
  0.00000174837724, -4.788195e-8, -2.527781e-7, 1.57287347e-8, 3.2851905e-8,
]

/** erf(x) / x in x^2 by Maclaurin's series; what is left out is below 1e-9 for |x| < 1/2.
 * @see https://dlmf.nist.gov/7.6.E1 */
const ERF: readonly number[] = /* @__PURE__ */ maclaurin(8)
function maclaurin(terms: number): number[] {
  let factor = 2 / Math.sqrt(Math.PI)
  return Array.from({ length: terms }, (_, n) => {
    if (n) factor /= -n
    return factor / (2 * n + 1)
  })
}

/** B(2k), k from 1. */
const BERNOULLI: readonly number[] = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66]

/** The sum over k >= 0 of (k + a)^-s by Euler and Maclaurin. */
function hurwitz(s: number, a: number): number {
  const terms = 12
  const t = a + terms
  let sum = t ** (1 - s) / (s - 1) + t ** -s / 2
  let factor = (s * t ** -s) / t / 2
  BERNOULLI.forEach((b, i) => {
    const k = 2 * i + 1
    sum += b * factor
    factor *= (((s + k) / (k + 2)) * (s + k + 1)) / (k + 3) / (t * t)
  })
  for (let k = terms - 1; k >= 0; k--) sum += (a + k) ** -s
  return sum
}
/** Taylor coefficients of digamma around a without the first, (-1)^k zeta(k + 2, a). */
const digammaTerms = (a: number, count: number): number[] =>
  Array.from({ length: count }, (_, k) => (k % 2 ? -1 : 1) * hurwitz(k + 2, a))

/** Of log gamma(2 + z) - (1 - gamma) z, divided by z^2. @see Abramowitz and Stegun, 6.1.33 */
const AROUND_TWO = /* @__PURE__ */ digammaTerms(2, 16).map((c, i) => c / (i + 2))
/** The root of digamma as a sum of two float32, and the series around it. */
const ROOT = 1.4616321449683622
const AROUND_ROOT = /* @__PURE__ */ digammaTerms(ROOT, 16)
/** Stirling's series (6.1.40) and that of digamma (6.3.18), for x >= 9. */
const STIRLING = /* @__PURE__ */ BERNOULLI.map((b, i) => b / (2 * i + 2) / (2 * i + 1))
const PSI = /* @__PURE__ */ BERNOULLI.map((b, i) => b / (2 * i + 2))
const EULER = 0.5772156649015329

const single = Math.fround(ROOT)

/** Error functions, and the gamma function's relatives. zeta adds its tail first, then its terms, the smallest first;
 * left of 0 the terms of polygamma on that side are those of zeta at mirrored ends. */
export const special: string = `
fn f_erfSmall(x: f32) -> f32 {
  let z = x * x;
  return x * ${horner(ERF, 'z')};
}
fn f_erfcTail(x: f32) -> f32 {
  if (x > 10.1) { return 0.0; }
  let head = trunc(x * 16.0) / 16.0;
  let t = (x - 3.75) / (x + 3.75);
  return f_exp(-head * head) * f_exp(-(x - head) * (x + head)) * ${horner(SCALED, 't')} / (1.0 + 2.0 * x);
}
fn f_erf(x: f32) -> f32 {
  if (f_isNaN(x) || f_isZero(x)) { return x; }
  let a = f_abs(x);
  if (a < 0.5) { return f_erfSmall(x); }
  return f_copySign(1.0 - f_erfcTail(min(a, 11.0)), x);
}
fn f_erfc(x: f32) -> f32 {
  if (f_isNaN(x)) { return x; }
  let a = f_abs(x);
  if (a < 0.5) { return 1.0 - f_erfSmall(x); }
  let t = f_erfcTail(min(a, 11.0));
  return select(t, 2.0 - t, f_isNegative(x));
}
fn f_sinPi(x: f32) -> f32 {
  let r = x - 2.0 * round(0.5 * x);
  let near = select(r, f_sign(r) - r, f_abs(r) > 0.5);
  return f_sin(3.1415927 * near);
}
fn f_aroundTwo(z: f32) -> f32 { return z * (${float(1 - EULER)} + z * ${horner(AROUND_TWO, 'z')}); }
fn f_lgammaPositive(a: f32) -> f32 {
  var x = a;
  if (x < 0.5) { return f_aroundTwo(x) - f_log1p(x) - f_log(x); }
  if (x < 1.5) { return f_aroundTwo(x - 1.0) - f_log1p(x - 1.0); }
  if (x >= 9.0) {
    let z = 1.0 / (x * x);
    return (x - 0.5) * (f_log(x) - 1.0) + ${float(0.9189385332046728 - 0.5)} + ${horner(STIRLING, 'z')} / x;
  }
  var product = 1.0;
  while (x > 2.5) {
    x = x - 1.0;
    product = product * x;
  }
  return f_aroundTwo(x - 2.0) + f_log(product);
}
fn f_lgamma(x: f32) -> f32 {
  if (f_isNaN(x)) { return x; }
  if (f_isInf(x)) { return f_inf(); }
  if (x > 0.0) { return f_lgammaPositive(x); }
  if (floor(x) == x) { return f_inf(); }
  if (x > -0.5) { return f_lgammaPositive(x + 1.0) - f_log(-x); }
  return f_log(3.1415927 / f_abs(x * f_sinPi(x))) - f_lgammaPositive(-x);
}
fn f_digammaPositive(a: f32) -> f32 {
  var x = a;
  if (x > 1.2 && x < 1.8) {
    let d = x - ${float(single)} - ${float(ROOT - single)};
    return d * ${horner(AROUND_ROOT, 'd')};
  }
  var below = 0.0;
  while (x < 9.0) {
    below = below + 1.0 / x;
    x = x + 1.0;
  }
  let s = 1.0 / (x * x);
  return f_log(x) - 0.5 / x - s * ${horner(PSI, 's')} - below;
}
fn f_digamma(x: f32) -> f32 {
  if (f_isNaN(x)) { return x; }
  if (x == 0.0) { return f_neg(f_copySign(f_inf(), x)); }
  if (x > 0.0) {
    if (f_isInf(x)) { return x; }
    return f_digammaPositive(x);
  }
  if (f_isInf(x) || floor(x) == x) { return f_nan(); }
  let r = x - round(x);
  return f_digammaPositive(1.0 - x) - 3.1415927 / f_tan(3.1415927 * r);
}
fn f_hurwitz(s: f32, a: f32) -> f32 {
  let terms = max(0.0, ceil(12.0 + 0.5 * s - a));
  var b = array<f32, ${BERNOULLI.length}>(${BERNOULLI.map(float).join(', ')});
  var sum = 0.0;
  for (var k = terms; k >= 0.0; k = k - 1.0) {
    let t = a + k;
    let power = f_pow(t, -s);
    if (k < terms) {
      sum = sum + power;
      continue;
    }
    sum = (t * power) / (s - 1.0) + 0.5 * power;
    var factor = 0.5 * s * power / t;
    for (var i = 0; i < ${BERNOULLI.length}; i++) {
      let j = f32(2 * i + 1);
      sum = sum + b[i] * factor;
      factor = factor * ((s + j) / (j + 2.0)) * (s + j + 1.0) / (j + 3.0) / (t * t);
    }
  }
  return sum;
}
fn f_polygamma(x: f32, n: f32) -> f32 {
  if (n == 0.0) { return f_digamma(x); }
  if (f_isNaN(x) || f_isNaN(n) || n < 0.0 || floor(n) != n) { return f_nan(); }
  if (f_isInf(x)) { return select(0.0, f_nan(), f_isNegative(x)); }
  let odd = f_isOdd(n);
  var factorial = select(-1.0, 1.0, odd);
  for (var k = 2.0; k <= n; k = k + 1.0) { factorial = factorial * k; }
  var at = vec3<f32>(x, 0.0, 0.0);
  let left = select(-1.0, 1.0, odd);
  let count = select(3, 1, x > 0.0);
  if (count == 3) {
    let r = x - round(x);
    if (f_isZero(r)) { return factorial * f_inf(); }
    at = vec3<f32>(select(r, 1.0 + r, r < 0.0), select(1.0 - r, -r, r < 0.0), 1.0 - x);
  }
  var weight = vec3<f32>(1.0, left, -left);
  var sum = 0.0;
  for (var i = 0; i < count; i++) { sum = sum + weight[i] * f_hurwitz(n + 1.0, at[i]); }
  return factorial * sum;
}
`
