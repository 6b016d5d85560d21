/** Rounding to float16, on bits: WGSL lets a conversion round up or down, and give anything for what overflows. Ties go
 * to the even one: what is below the last bit carries into it from its middle on, or just above. Subnormal numbers are
 * steps of 2^-24. */
const conversions = `
fn f_toHalf(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let sign = (bits >> 16u) & 0x8000u;
  if (magnitude > 0x7f800000u) { return 0x7e00u; }
  if (magnitude >= 0x47800000u) { return sign | 0x7c00u; }
  if (magnitude >= 0x38800000u) {
    return sign | (((magnitude + 0xfffu + ((magnitude >> 13u) & 1u)) >> 13u) - 0x1c000u);
  }
  let shift = min(126u - (magnitude >> 23u), 25u);
  let digits = (magnitude & 0x7fffffu) | 0x800000u;
  let steps = digits >> shift;
  return sign | ((digits + (1u << (shift - 1u)) - 1u + (steps & 1u)) >> shift);
}
fn f_fromHalf(h: u32) -> f32 {
  let sign = (h & 0x8000u) << 16u;
  let magnitude = h & 0x7fffu;
  if (magnitude >= 0x7c00u) { return bitcast<f32>(sign | 0x7f800000u | ((magnitude & 0x3ffu) << 13u)); }
  if (magnitude >= 0x400u) { return bitcast<f32>(sign | ((magnitude + 0x1c000u) << 13u)); }
  return bitcast<f32>(sign | bitcast<u32>(f32(magnitude) * 0x1p-24f));
}
fn f_half(x: f32) -> f32 { return f_fromHalf(f_toHalf(x)); }
`

const infix = (name: string, op: string, text: (a: string) => string): string =>
  `fn f_${name}Half(a: f32, b: f32) -> f32 { return ${text(op)}; }\n`

/** Conversions, and sums and products of float16: a float32 holds enough digits that rounding twice is rounding once.
 * `isNative`: the device has them itself.
 * @see Figueroa, When is double rounding innocuous?, SIGNUM Newsletter 30(3), 1995 */
export const halves = (isNative: boolean): string => {
  const text = (op: string): string => (isNative ? `f32(f16(a) ${op} f16(b))` : `f_half(a ${op} b)`)
  return [conversions, infix('add', '+', text), infix('sub', '-', text), infix('mul', '*', text)].join('')
}
