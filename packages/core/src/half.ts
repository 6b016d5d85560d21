/** Bits of the float16 (IEEE 754 binary16) that is nearest to x: ties go to the even one, 65520 and beyond to infinity,
 * and any NaN to one quiet NaN. */
export function toHalf(x: number): number {
  const magnitude = Math.abs(x)
  // Neighbours are 2^(e - 10) apart where 2^e <= |x|, and where e would be below -14 they are subnormal.
  const e = Math.min(16, Math.max(-14, Math.floor(Math.log2(magnitude))))
  // Adding 2^52 leaves no room for a fraction. 1024 of these steps are 2^e, the first number of its exponent.
  const steps = magnitude * 2 ** (10 - e) + 2 ** 52 - 2 ** 52
  const bits = Number.isNaN(x) ? 0x7e00 : Math.min(0x7c00, steps + 1024 * (e + 14))
  return bits + (Object.is(x, magnitude) ? 0 : 0x8000)
}

/** The numbers that float16 bits stand for; float32 holds all of them. */
export function fromHalves(bits: ArrayLike<number>): Float32Array {
  const words = new Uint32Array(bits.length)
  // As float32 these are the numbers times 2^-112, since the exponent's bias is 127 there and 15 here. Subnormals too.
  for (let i = 0; i < words.length; i++) words[i] = ((bits[i] & 0x8000) << 16) | ((bits[i] & 0x7fff) << 13)
  const numbers = new Float32Array(words.buffer)
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i] * 2 ** 112
    // 2^16 has the exponent of infinity and NaN.
    numbers[i] = Math.abs(x) < 65536 ? x : Math.abs(x) === 65536 ? x * Infinity : NaN
  }
  return numbers
}
