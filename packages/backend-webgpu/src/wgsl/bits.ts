/** What is decided on the bits of a float32: WGSL lets compilers assume that there is no NaN and no infinity, so that
 * `x != x` may become false, and `min`, `max` and comparisons of NaN give anything. It lets them reassociate too, so
 * that `(a - (a + b)) + b`, what rounding lost of a sum, becomes 0 on some: `f_fixed` is its argument and `f_given` a
 * number by its bits, of which compilers do not know that they are, since `p_none` is 0 only when the kernel runs. So
 * what is 0 times NaN is NaN. Quotients lose nothing where 1 / y would be below the least normal number. */
export const bits = `
var<private> p_nan: u32 = 0x7fc00000u;
var<private> p_inf: u32 = 0x7f800000u;
var<private> p_none: u32;
fn f_given(b: u32) -> f32 { return bitcast<f32>(b ^ p_none); }
fn f_fixed(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ p_none); }
fn f_div(x: f32, y: f32) -> f32 {
  let scale = select(1.0, 0.25, f_abs(y) > 8.5e37);
  return f_fixed(x * scale) / (y * scale);
}
fn f_nan() -> f32 { return bitcast<f32>(p_nan); }
fn f_inf() -> f32 { return bitcast<f32>(p_inf); }
fn f_isNaN(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn f_isInf(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }
fn f_isFinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) < 0x7f800000u; }
fn f_isZero(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0u; }
fn f_isNegative(x: f32) -> bool { return (bitcast<u32>(x) >> 31u) == 1u; }
fn f_copySign(x: f32, y: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & 0x7fffffffu) | (bitcast<u32>(y) & 0x80000000u));
}
fn f_neg(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ 0x80000000u); }
fn f_abs(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0x7fffffffu); }
fn f_key(x: f32) -> i32 {
  let b = bitcast<i32>(x);
  return select(b, -(b & 0x7fffffff), b < 0);
}
fn f_ordered(a: f32, b: f32) -> bool { return !(f_isNaN(a) || f_isNaN(b)); }
fn f_eq(a: f32, b: f32) -> bool { return f_ordered(a, b) && f_key(a) == f_key(b); }
fn f_ne(a: f32, b: f32) -> bool { return !f_eq(a, b); }
fn f_lt(a: f32, b: f32) -> bool { return f_ordered(a, b) && f_key(a) < f_key(b); }
fn f_le(a: f32, b: f32) -> bool { return f_ordered(a, b) && f_key(a) <= f_key(b); }
fn f_max(a: f32, b: f32) -> f32 {
  if (f_isNaN(a)) { return a; }
  if (f_isNaN(b)) { return b; }
  let x = f_key(a);
  let y = f_key(b);
  if (x == y) { return bitcast<f32>(bitcast<u32>(a) & bitcast<u32>(b)); }
  return select(b, a, x > y);
}
fn f_min(a: f32, b: f32) -> f32 { return f_neg(f_max(f_neg(a), f_neg(b))); }
fn f_sign(x: f32) -> f32 {
  if (f_isNaN(x) || f_isZero(x)) { return x; }
  return select(1.0, -1.0, f_isNegative(x));
}
fn f_floor(x: f32) -> f32 {
  if (!f_isFinite(x) || f_isZero(x)) { return x; }
  return f_copySign(floor(x), x);
}
fn f_ceil(x: f32) -> f32 {
  if (!f_isFinite(x) || f_isZero(x)) { return x; }
  return f_copySign(ceil(x), x);
}
fn f_round(x: f32) -> f32 {
  if (!f_isFinite(x) || f_abs(x) >= 8388608.0) { return x; }
  return f_copySign(round(x), x);
}
fn f_toInt(x: f32) -> i32 {
  if (f_isNaN(x)) { return 0; }
  if (x >= 2147483648.0) { return 2147483647; }
  if (x <= -2147483648.0) { return -2147483647 - 1; }
  return i32(x);
}
fn f_toUint(x: f32) -> u32 {
  if (f_isNaN(x) || x <= 0.0) { return 0u; }
  if (x >= 4294967296.0) { return 4294967295u; }
  return u32(x);
}
`

/** Whole numbers: division by 0 gives 0, remainders have the divisor's sign, powers wrap. A row of `size` is
 * counted from the end where it is negative. */
export const integers = `
fn f_divInt(a: i32, b: i32) -> i32 {
  if (b == 0) { return 0; }
  if (b == -1) { return -a; }
  return a / b;
}
fn f_divUint(a: u32, b: u32) -> u32 {
  if (b == 0u) { return 0u; }
  return a / b;
}
fn f_remInt(a: i32, b: i32) -> i32 {
  if (b == 0 || b == -1) { return 0; }
  let r = a % b;
  return select(r, r + b, r != 0 && ((r < 0) != (b < 0)));
}
fn f_remUint(a: u32, b: u32) -> u32 {
  if (b == 0u) { return 0u; }
  return a % b;
}
fn f_powUint(a: u32, b: u32) -> u32 {
  var result = 1u;
  var base = a;
  for (var n = b; n > 0u; n = n >> 1u) {
    if ((n & 1u) == 1u) { result = result * base; }
    base = base * base;
  }
  return result;
}
fn f_powInt(a: i32, b: i32) -> i32 {
  if (b < 0) {
    if (a == 1 || a == 0) { return a; }
    if (a == -1) { return select(1, -1, (b & 1) == 1); }
    return 0;
  }
  return bitcast<i32>(f_powUint(bitcast<u32>(a), bitcast<u32>(b)));
}
fn f_row(i: i32, size: i32) -> i32 { return max(min(select(i, i + size, i < 0), size - 1), 0); }
fn f_mulHigh(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu;
  let ah = a >> 16u;
  let bl = b & 0xffffu;
  let bh = b >> 16u;
  let middle = ah * bl + ((al * bl) >> 16u);
  return ah * bh + (middle >> 16u) + ((al * bh + (middle & 0xffffu)) >> 16u);
}
fn f_philox(index: u32, stream: u32, key0: u32, key1: u32, counter: u32) -> u32 {
  var c = vec4<u32>(index, stream, counter, 0u);
  var k0 = key0;
  var k1 = key1;
  for (var i = 0; i < 10; i++) {
    let h0 = f_mulHigh(0xd2511f53u, c.x);
    let h1 = f_mulHigh(0xcd9e8d57u, c.z);
    c = vec4<u32>(h1 ^ c.y ^ k0, 0xcd9e8d57u * c.z, h0 ^ c.w ^ k1, 0xd2511f53u * c.x);
    k0 = k0 + 0x9e3779b9u;
    k1 = k1 + 0xbb67ae85u;
  }
  return c.x;
}
`
