/**
 * Philox 4x32-10: four random words for a counter and a key, in integers only.
 * @see https://doi.org/10.1145/2063384.2063405 Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011)
 */
export function philox4x32(counter: readonly [number, number, number, number], key: readonly [number, number]): [number, number, number, number] {
  let [a, b, c, d] = counter
  let [k, l] = key
  for (let round = 0; round < 10; round++) {
    const highA = mulHigh(a, 0xd2511f53)
    const highC = mulHigh(c, 0xcd9e8d57)
    ;[a, b, c, d] = [highC ^ b ^ k, Math.imul(c, 0xcd9e8d57), highA ^ d ^ l, Math.imul(a, 0xd2511f53)]
    k = (k + 0x9e3779b9) | 0
    l = (l + 0xbb67ae85) | 0
  }
  return [a >>> 0, b >>> 0, c >>> 0, d >>> 0]
}

/** The upper 32 bits of a product of unsigned words, by halves of 16 bits. */
function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff
  const a1 = a >>> 16
  const b0 = b & 0xffff
  const b1 = b >>> 16
  const middle = a1 * b0 + ((a0 * b0) >>> 16)
  return a1 * b1 + Math.floor(middle / 65536) + (((middle % 65536) + a0 * b1) / 65536) | 0
}
