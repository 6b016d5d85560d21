import { isFloat, roundTo, type DType } from '@gradloom/core'

/** Types of WGSL by dtype, in registers: a float16 is a float32 that float16 has. */
export const typeOf = (dtype: DType): string =>
  isFloat(dtype) ? 'f32' : dtype === 'int32' ? 'i32' : dtype === 'uint32' ? 'u32' : 'bool'

/** Types of WGSL by dtype, in buffers: a bool takes a word, as there is no storage of bytes. */
export const storedAs = (dtype: DType): string =>
  dtype === 'bool' ? 'u32' : dtype === 'float16' ? 'f16' : typeOf(dtype)

/** The bits of a float32, as a literal. */
export function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value)
  return `0x${view.getUint32(0).toString(16)}u`
}

/** A float32 as an expression. Infinities and NaN come from variables, since WGSL refuses constants that are none of
 * its numbers. */
export function float(value: number): string {
  if (Number.isNaN(value)) return 'f_nan()'
  const single = Math.fround(value)
  if (!Number.isFinite(single)) return single > 0 ? 'f_inf()' : '(-f_inf())'
  if (Object.is(single, -0)) return `bitcast<f32>(${bitsOf(single)})`
  const text = `${single}`
  // Below the least normal number a literal may be refused.
  if (single !== 0 && Math.abs(single) < 2 ** -126) return `bitcast<f32>(${bitsOf(single)})`
  return single < 0 ? `(${text}f)` : `${text}f`
}

/** A float32 as an expression that compilers do not know, and so do not fold: x * 0 is NaN where x is. */
export const given = (value: number): string =>
  Number.isFinite(Math.fround(value)) ? `f_given(${bitsOf(value)})` : float(value)

/** A number of a dtype as an expression. */
export function literal(value: number, dtype: DType): string {
  if (isFloat(dtype)) return float(roundTo(value, dtype))
  if (dtype === 'bool') return value !== 0 ? 'true' : 'false'
  if (dtype === 'uint32') return `${value >>> 0}u`
  const whole = value | 0
  return whole === -(2 ** 31) ? 'i32(-2147483647 - 1)' : `i32(${whole})`
}

/** c[0] + c[1] x + c[2] x^2 + ... by Horner's scheme. */
export const horner = (coefficients: readonly number[], x: string): string =>
  coefficients
    .slice(0, -1)
    .reduceRight((sum, c) => `(${float(c)} + ${x} * ${sum})`, float(coefficients[coefficients.length - 1]))
