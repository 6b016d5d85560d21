import { horner } from './numbers.ts'

/**
 * x^y = 2^(y log2 x), where log2 x = k + l is held in two numbers, so that what is lost in the product stays below a
 * unit in the last place: of y and of the larger number, the first 12 bits are multiplied exactly. WGSL's own pow(x, y)
 * is exp2(y * log2(x)), which for 3^40 is wrong in the fifth digit, and undefined for negative x. log(1 + f) = 2 s +
 * s^3 (2/3 + ...) with s = f / (2 + f), a sum of two numbers; of it the first 12 bits are apart, times 1 / ln 2 in two
 * parts. From |y| = 2^32 on, 1 + 2^-24 to such a power is out of range, or 1.
 */
export const power: string = `
fn f_high(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); }
fn f_exp2(high: f32, low: f32) -> f32 {
  let k = round(high);
  let r = ((high - k) + low) * 0.6931472;
  return f_scale(1.0 + f_small(r), i32(k));
}
fn f_isWhole(x: f32) -> bool { return f_isFinite(x) && (f_abs(x) >= 8388608.0 || floor(x) == x); }
fn f_isOdd(x: f32) -> bool {
  if (!f_isWhole(x) || f_abs(x) >= 16777216.0) { return false; }
  return (u32(f_abs(x)) & 1u) == 1u;
}
fn f_powPositive(x: f32, y: f32) -> f32 {
  let split = f_split(x);
  let f = split.f;
  let d = 2.0 + f;
  let s = f / d;
  let sh = f_high(s);
  let dh = f_high(d);
  let dl = (f - (dh - 2.0));
  let sl = ((f - sh * dh) - sh * dl) / d;
  let z = s * s;
  let tail = s * z * ${horner([2 / 3, 2 / 5, 2 / 7, 2 / 9, 2 / 11, 2 / 13], 'z')};
  let high = f_high(2.0 * s + tail);
  let low = ((2.0 * sh - high) + 2.0 * sl) + tail;
  let inverseHigh = 1.4423828125;
  let inverseLow = 0.0003122284;
  let l = high * inverseHigh;
  let rest = low * 1.442695 + high * inverseLow;
  let sum = f_fixed(split.k + l);
  let lost = (split.k - sum) + l;
  let logHigh = f_high(sum + (lost + rest));
  let logLow = (sum - logHigh) + (lost + rest);
  let yh = f_high(y);
  let yl = y - yh;
  let product = yh * logHigh;
  let error = yl * logHigh + y * logLow;
  let total = product + error;
  if (total > 128.5) { return f_inf(); }
  if (total < -151.0) { return 0.0; }
  return f_exp2(product, error);
}
fn f_pow(x: f32, y: f32) -> f32 {
  if (f_isZero(y) || bitcast<u32>(x) == 0x3f800000u) { return 1.0; }
  if (f_isNaN(x)) { return x; }
  if (f_isNaN(y)) { return y; }
  let a = f_abs(x);
  let odd = f_isOdd(y);
  let down = f_isNegative(y);
  if (f_isInf(y) || f_abs(y) > 4294967296.0) {
    if (a == 1.0) { return 1.0; }
    return select(0.0, f_inf(), (a > 1.0) != down);
  }
  if (f_isZero(x) || f_isInf(x)) {
    let large = f_isInf(x) != down;
    let size = select(0.0, f_inf(), large);
    if (odd) { return f_copySign(size, x); }
    return size;
  }
  if (f_isNegative(x) && !f_isWhole(y)) { return f_nan(); }
  let size = f_powPositive(a, y);
  if (odd && f_isNegative(x)) { return -size; }
  return size;
}
`
