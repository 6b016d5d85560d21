/** A number from 0 to 255. */
export type Byte = number

/** LEB128 of an unsigned 32-bit number. */
export function unsigned(n: number): Byte[] {
  const out: Byte[] = []
  for (; n > 127; n >>>= 7) out.push((n & 127) | 128)
  out.push(n)
  return out
}

/** LEB128 of a signed 32-bit number, or of a bigint of up to 64 bits. */
export function signed(x: number | bigint): Byte[] {
  const out: Byte[] = []
  if (typeof x === 'bigint' && BigInt.asIntN(32, x) !== x) {
    for (; x < -64n || x > 63n; x >>= 7n) out.push(Number(x & 127n) | 128)
  }
  let n = Number(x)
  for (; n < -64 || n > 63; n >>= 7) out.push((n & 127) | 128)
  out.push(n & 127)
  return out
}

/** LEB128 in exactly three bytes, so that an index can be filled in after the code around it is written. */
export const padded = (n: number): Byte[] => [(n & 127) | 128, ((n >> 7) & 127) | 128, n >> 14]

export const floatBytes = (x: number): Byte[] => [...new Uint8Array(new Float32Array([x]).buffer)]
export const doubleBytes = (x: number): Byte[] => [...new Uint8Array(new Float64Array([x]).buffer)]

const encoder = /* @__PURE__ */ new TextEncoder()

/** A vector of bytes with its length in front. */
export const sized = (bytes: readonly Byte[]): Byte[] => unsigned(bytes.length).concat(bytes)
/** A name: UTF-8 with its length in front. */
export const text = (s: string): Byte[] => sized([...encoder.encode(s)])
