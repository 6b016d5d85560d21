import { horner } from './numbers.ts'

/** 2 / 3, 2 / 5, ...: what log(1 + f) needs of atanh's series, log(1 + f) = 2 atanh(s) with s = f / (2 + f). */
const ATANH = [2 / 3, 2 / 5, 2 / 7, 2 / 9, 2 / 11]
/** (e^r - 1 - r) / r^2 by Taylor: what is left out is below 6e-9 of e^r - 1 for |r| <= ln(2) / 2. */
const EXPM1 = [1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040]

/**
 * Exponentials and logarithms of our own, to about 1 unit in the last place whatever the adapter: WGSL asks for
 * 3 + 2 |x| of `exp`, for an absolute error of `log`, and for nothing of `expm1` and `log1p`, which it has not.
 * x = k ln 2 + r for the former, with ln 2 in two parts of which the first times k is exact; x = 2^k (1 + f) with
 * sqrt(1/2) <= 1 + f < sqrt(2) for the latter.
 */
export const exponential: string = `
fn f_scale(x: f32, k: i32) -> f32 {
  let half = k >> 1u;
  return x * bitcast<f32>(u32(half + 127) << 23u) * bitcast<f32>(u32(k - half + 127) << 23u);
}
fn f_small(r: f32) -> f32 { return r + r * r * ${horner(EXPM1, 'r')}; }
fn f_reduced(x: f32, k: f32) -> f32 { return (x - k * 0.693359375) + k * 2.12194440e-4; }
fn f_exp(x: f32) -> f32 {
  if (f_isNaN(x)) { return x; }
  if (x > 88.72284) { return f_inf(); }
  if (x < -103.98) { return 0.0; }
  let k = round(x * 1.442695);
  return f_scale(1.0 + f_small(f_reduced(x, k)), i32(k));
}
fn f_expm1(x: f32) -> f32 {
  if (f_isNaN(x) || f_isZero(x)) { return x; }
  if (x > 85.0) { return f_exp(x); }
  if (x < -18.0) { return -1.0; }
  let k = round(x * 1.442695);
  let p = f_small(f_reduced(x, k));
  if (k == 0.0) { return p; }
  return f_scale(p, i32(k)) + (f_scale(1.0, i32(k)) - 1.0);
}
fn f_log1pSmall(f: f32) -> f32 {
  let s = f / (2.0 + f);
  let z = s * s;
  return f - s * (f - z * ${horner(ATANH, 'z')});
}
struct Split { k: f32, f: f32 }
fn f_split(x: f32) -> Split {
  var b = bitcast<u32>(x);
  var k = -127;
  if (b < 0x00800000u) {
    b = bitcast<u32>(f32(b));
    k = -276;
  }
  b = b + (0x3f800000u - 0x3f3504f3u);
  k = k + i32(b >> 23u);
  return Split(f32(k), bitcast<f32>((b & 0x7fffffu) + 0x3f3504f3u) - 1.0);
}
fn f_log(x: f32) -> f32 {
  if (f_isNaN(x)) { return x; }
  if (f_isZero(x)) { return -f_inf(); }
  if (f_isNegative(x)) { return f_nan(); }
  if (f_isInf(x)) { return x; }
  let s = f_split(x);
  return s.k * 0.693359375 + (f_log1pSmall(s.f) - s.k * 2.12194440e-4);
}
fn f_log2(x: f32) -> f32 {
  if (f_isNaN(x)) { return x; }
  if (f_isZero(x)) { return -f_inf(); }
  if (f_isNegative(x)) { return f_nan(); }
  if (f_isInf(x)) { return x; }
  let s = f_split(x);
  return s.k + f_log1pSmall(s.f) * 1.442695;
}
fn f_log1p(x: f32) -> f32 {
  if (f_isNaN(x) || f_isZero(x)) { return x; }
  if (x <= -1.0) {
    if (x == -1.0) { return -f_inf(); }
    return f_nan();
  }
  if (f_isInf(x)) { return x; }
  if (x > -0.29 && x < 0.41) { return f_log1pSmall(x); }
  let u = f_fixed(1.0 + x);
  let lost = select(1.0 - (u - x), x - (u - 1.0), x < 1.0);
  return f_log(u) + lost / u;
}
fn f_sigmoid(x: f32) -> f32 {
  if (f_isNaN(x)) { return x; }
  let e = f_exp(-f_abs(x));
  return select(1.0, e, f_isNegative(x)) / (1.0 + e);
}
fn f_tanh(x: f32) -> f32 {
  if (f_isNaN(x) || f_isZero(x)) { return x; }
  let a = f_abs(x);
  if (a > 10.0) { return f_copySign(1.0, x); }
  let t = f_expm1(2.0 * a);
  return f_copySign(t / (t + 2.0), x);
}
fn f_sqrt(x: f32) -> f32 {
  if (f_isNaN(x) || f_isZero(x)) { return x; }
  if (f_isNegative(x)) { return f_nan(); }
  if (f_isInf(x)) { return x; }
  return sqrt(x);
}
`
