/** The remainder with the divisor's sign, and the length of (x, y). The former is one of whole mantissas, bit by bit:
 * exact, as that of IEEE 754 is. It is mx 2^(ey - 150), whose leading bit decides the exponent. */
export const remainder: string = `
fn f_rem(x: f32, y: f32) -> f32 {
  if (!f_isFinite(x) || f_isZero(y) || f_isNaN(y)) { return f_nan(); }
  if (f_isInf(y)) {
    if (f_isZero(x)) { return f_copySign(0.0, y); }
    if (f_isNegative(x) != f_isNegative(y)) { return y; }
    return x;
  }
  let ax = bitcast<u32>(x) & 0x7fffffffu;
  let ay = bitcast<u32>(y) & 0x7fffffffu;
  var r = bitcast<f32>(ax);
  if (ax >= ay) {
    var ex = i32(ax >> 23u);
    var ey = i32(ay >> 23u);
    var mx = ax & 0x7fffffu;
    var my = ay & 0x7fffffu;
    if (ex == 0) { ex = 1; } else { mx = mx | 0x800000u; }
    if (ey == 0) { ey = 1; } else { my = my | 0x800000u; }
    mx = mx % my;
    for (var i = ex; i > ey; i--) {
      mx = (mx << 1u) % my;
      if (mx == 0u) { break; }
    }
    if (mx == 0u) { return f_copySign(0.0, y); }
    let up = min(i32(countLeadingZeros(mx)) - 8, ey - 1);
    let m = mx << u32(up);
    let e = select(0u, u32(ey - up), m >= 0x800000u);
    r = bitcast<f32>((m & 0x7fffffu) | (e << 23u));
  }
  if (f_isZero(r)) { return f_copySign(0.0, y); }
  let signed = f_copySign(r, x);
  if (f_isNegative(x) != f_isNegative(y)) { return signed + y; }
  return signed;
}
fn f_hypot(x: f32, y: f32) -> f32 {
  if (f_isInf(x) || f_isInf(y)) { return f_inf(); }
  if (f_isNaN(x)) { return x; }
  if (f_isNaN(y)) { return y; }
  let a = max(f_abs(x), f_abs(y));
  let b = min(f_abs(x), f_abs(y));
  if (f_isZero(a)) { return 0.0; }
  let r = f_div(b, a);
  return a * sqrt(1.0 + r * r);
}
`
