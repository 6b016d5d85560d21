import { horner } from './numbers.ts'

const SIN = [-1 / 6, 1 / 120, -1 / 5040, 1 / 362880]
const COS = [1 / 24, -1 / 720, 1 / 40320, -1 / 3628800]
/** atan(t) / t in t^2 by Maclaurin: what is left out is below 1e-9 for |t| <= tan(pi / 8). */
const ATAN = Array.from({ length: 11 }, (_, n) => (n % 2 ? -1 : 1) / (2 * n + 1))

/** 2 / pi as words of 32 bits behind the point: enough for any float32 (an exponent of 127, and 64 bits more).
 * @see M. Payne, R. Hanek, "Radian reduction for trigonometric functions", SIGNUM Newsletter 18 (1983) */
const TWO_OVER_PI = ['a2f9836e', '4e441529', 'fc2757d1', 'f534ddc0', 'db629599', '3c439041', 'fe5163ab']
const LAST = TWO_OVER_PI.length - 1

/**
 * Sines and their inverses, to a few units in the last place: WGSL asks of sin and cos for an absolute error of 2^-11
 * on [-pi, pi], and for nothing outside. Arguments are taken to [-pi / 4, pi / 4], small ones by pi / 2 in three parts
 * of which the first two times k are exact, large ones by the bits of 2 / pi: of a = m 2^(e - 150), the product of m
 * with 2 / pi times 2^(e - 150), of which the last word of the whole part and three behind the point are taken, modulo
 * 2^32 turns of a quarter: whole ones, then 64 bits of a fraction.
 */
export const circular: string = `
struct Turned { quarter: i32, r: f32 }
const c_turns = array<u32, ${TWO_OVER_PI.length}>(${TWO_OVER_PI.map((w) => `0x${w}u`).join(', ')});
fn f_turn(x: f32) -> Turned {
  let a = f_abs(x);
  if (a < 16384.0) {
    let k = round(a * 0.63661977);
    let r = ((a - k * 1.5703125) - k * 0.0004837513) - k * 7.54979e-8;
    return Turned(i32(k), r);
  }
  let b = bitcast<u32>(a);
  let m = (b & 0x7fffffu) | 0x800000u;
  let shift = (b >> 23u) - 118u;
  let s = shift & 31u;
  var words = c_turns;
  var part = array<u32, 4>();
  for (var i = 0u; i < 4u; i++) {
    let at = (shift >> 5u) + i;
    let first = select(0u, words[min(at - 2u, ${LAST}u)], at >= 2u && at <= ${LAST + 2}u);
    let second = select(0u, words[min(at - 1u, ${LAST}u)], at >= 1u && at <= ${LAST + 1}u);
    part[i] = first;
    if (s > 0u) { part[i] = (first << s) | (second >> (32u - s)); }
  }
  var f1 = m * part[2] + f_mulHigh(m, part[3]);
  let low = f_mulHigh(m, part[2]) + select(0u, 1u, f1 < m * part[2]);
  let middle = m * part[1];
  var f0 = middle + low;
  let whole = m * part[0] + f_mulHigh(m, part[1]) + select(0u, 1u, f0 < middle);
  var quarter = i32(whole & 3u);
  var negative = false;
  if (f0 >= 0x80000000u) {
    quarter = quarter + 1;
    negative = true;
    f1 = ~f1 + 1u;
    f0 = ~f0 + select(0u, 1u, f1 == 0u);
  }
  let r = (f32(f0) * 2.3283064e-10 + f32(f1) * 5.421011e-20) * 1.57079633;
  return Turned(quarter, select(r, -r, negative));
}
fn f_sinSmall(r: f32) -> f32 {
  let z = r * r;
  return r + r * z * ${horner(SIN, 'z')};
}
fn f_cosSmall(r: f32) -> f32 {
  let z = r * r;
  return 1.0 - (0.5 * z - z * z * ${horner(COS, 'z')});
}
fn f_sin(x: f32) -> f32 {
  if (!f_isFinite(x)) { return f_nan(); }
  if (f_isZero(x)) { return x; }
  let t = f_turn(x);
  var y = f_sinSmall(t.r);
  if ((t.quarter & 1) == 1) { y = f_cosSmall(t.r); }
  return select(y, -y, ((t.quarter & 2) == 2) != f_isNegative(x));
}
fn f_cos(x: f32) -> f32 {
  if (!f_isFinite(x)) { return f_nan(); }
  let t = f_turn(x);
  var y = f_cosSmall(t.r);
  if ((t.quarter & 1) == 1) { y = f_sinSmall(t.r); }
  return select(y, -y, ((t.quarter + 1) & 2) == 2);
}
fn f_tan(x: f32) -> f32 {
  if (!f_isFinite(x)) { return f_nan(); }
  if (f_isZero(x)) { return x; }
  let t = f_turn(x);
  let s = f_sinSmall(t.r);
  let c = f_cosSmall(t.r);
  var y = s / c;
  if ((t.quarter & 1) == 1) { y = -c / s; }
  return select(y, -y, f_isNegative(x));
}
fn f_atanPositive(x: f32) -> f32 {
  var t = x;
  var base = 0.0;
  var low = 0.0;
  var flip = false;
  if (t > 2.4142136) {
    flip = true;
    t = select(1.0 / t, 0.0, f_isInf(t));
    base = 1.57079633;
    low = -4.371139e-8;
  } else if (t > 0.41421356) {
    t = (t - 1.0) / (t + 1.0);
    base = 0.7853982;
    low = -2.1855695e-8;
  }
  let z = t * t;
  let p = t * ${horner(ATAN, 'z')};
  return base + (select(p, -p, flip) + low);
}
fn f_atan(x: f32) -> f32 {
  if (f_isNaN(x) || f_isZero(x)) { return x; }
  return f_copySign(f_atanPositive(f_abs(x)), x);
}
fn f_asin(x: f32) -> f32 {
  if (f_isNaN(x) || f_isZero(x)) { return x; }
  let a = f_abs(x);
  if (a > 1.0) { return f_nan(); }
  if (a == 1.0) { return f_copySign(1.57079633, x); }
  return f_copySign(f_atanPositive(a / sqrt((1.0 - a) * (1.0 + a))), x);
}
fn f_acos(x: f32) -> f32 {
  if (f_isNaN(x)) { return x; }
  if (f_abs(x) > 1.0) { return f_nan(); }
  if (x == -1.0) { return 3.1415927; }
  return 2.0 * f_atanPositive(sqrt((1.0 - x) / (1.0 + x)));
}
fn f_atan2(y: f32, x: f32) -> f32 {
  if (f_isNaN(x)) { return x; }
  if (f_isNaN(y)) { return y; }
  let left = f_isNegative(x);
  if (f_isZero(y)) { return f_copySign(select(0.0, 3.1415927, left), y); }
  if (f_isZero(x)) { return f_copySign(1.57079633, y); }
  if (f_isInf(x)) {
    if (f_isInf(y)) { return f_copySign(select(0.7853982, 2.3561945, left), y); }
    return f_copySign(select(0.0, 3.1415927, left), y);
  }
  if (f_isInf(y)) { return f_copySign(1.57079633, y); }
  let t = f_atanPositive(f_div(f_abs(y), f_abs(x)));
  return f_copySign(select(t, 3.1415927 - (t + 8.742278e-8), left), y);
}
`

export const hyperbolic: string = `
fn f_sinh(x: f32) -> f32 {
  if (!f_isFinite(x) || f_isZero(x)) { return x; }
  let a = f_abs(x);
  if (a > 80.0) {
    let half = f_exp(0.5 * a);
    return f_copySign((0.5 * half) * half, x);
  }
  let t = f_expm1(a);
  return f_copySign(0.5 * (t + t / (t + 1.0)), x);
}
fn f_cosh(x: f32) -> f32 {
  if (f_isNaN(x)) { return x; }
  let a = f_abs(x);
  if (a > 80.0) {
    let half = f_exp(0.5 * a);
    return (0.5 * half) * half;
  }
  let e = f_exp(a);
  return 0.5 * (e + 1.0 / e);
}
fn f_asinh(x: f32) -> f32 {
  if (!f_isFinite(x) || f_isZero(x)) { return x; }
  let a = f_abs(x);
  if (a > 1e8) { return f_copySign(f_log(a) + 0.6931472, x); }
  return f_copySign(f_log1p(a + a * a / (1.0 + sqrt(a * a + 1.0))), x);
}
fn f_acosh(x: f32) -> f32 {
  if (f_isNaN(x)) { return x; }
  if (x < 1.0) { return f_nan(); }
  if (f_isInf(x)) { return x; }
  if (x > 1e8) { return f_log(x) + 0.6931472; }
  let t = x - 1.0;
  return f_log1p(t + f_sqrt(2.0 * t + t * t));
}
fn f_atanh(x: f32) -> f32 {
  if (f_isNaN(x) || f_isZero(x)) { return x; }
  let a = f_abs(x);
  if (a > 1.0) { return f_nan(); }
  if (a == 1.0) { return f_copySign(f_inf(), x); }
  return f_copySign(0.5 * f_log1p(2.0 * a / (1.0 - a)), x);
}
`
