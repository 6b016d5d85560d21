/** The low and high words of a 32 x 32 bit product. */
function multiply(a: number, b: number): readonly [low: number, high: number] {
  const product = BigInt(a >>> 0) * BigInt(b >>> 0)
  return [Number(product & 0xffffffffn), Number(product >> 32n)]
}

/** The first word of Philox 4x32-10 of a counter block under a key. @see https://doi.org/10.1145/2063384.2063405 */
export function philox(c0: number, c1: number, key0: number, key1: number, c2: number): number {
  let block = [c0 >>> 0, c1 >>> 0, c2 >>> 0, 0]
  let k0 = key0 >>> 0
  let k1 = key1 >>> 0
  for (let round = 0; round < 10; round++) {
    const [low0, high0] = multiply(0xd2511f53, block[0])
    const [low1, high1] = multiply(0xcd9e8d57, block[2])
    block = [(high1 ^ block[1] ^ k0) >>> 0, low1, (high0 ^ block[3] ^ k1) >>> 0, low0]
    k0 = (k0 + 0x9e3779b9) >>> 0
    k1 = (k1 + 0xbb67ae85) >>> 0
  }
  return block[0]
}
