/** 32 x 32 bits to the high and low words. The product is rounded by at most 2^10, which is nothing in its high word.
 * */
function multiply(a: number, b: number): [high: number, low: number] {
  const low = Math.imul(a, b) >>> 0
  return [Math.round((a * b - low) / 2 ** 32), low]
}

/** Philox 4x32-10: four random words that depend on nothing but a counter of four words and a key of two.
 * @see Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3 (2011)
 * @example philox4x32([index, stream, run, 0], [42, 0]) */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const [h0, l0] = multiply(0xd2511f53, c0)
    const [h1, l1] = multiply(0xcd9e8d57, c2)
    ;[c0, c1, c2, c3] = [(h1 ^ c1 ^ k0) >>> 0, l1, (h0 ^ c3 ^ k1) >>> 0, l0]
    // The key schedule adds the golden ratio and sqrt(3) - 1 as fractions of 2^32.
    k0 = (k0 + 0x9e3779b9) >>> 0
    k1 = (k1 + 0xbb67ae85) >>> 0
  }
  return [c0, c1, c2, c3]
}
