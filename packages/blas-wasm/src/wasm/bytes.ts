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

const scratch = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8))
const taken = (count: number): Byte[] => {
  const out: Byte[] = []
  for (let k = 0; k < count; k++) out.push(scratch.getUint8(k))
  return out
}

export const floatBytes = (x: number): Byte[] => {
  scratch.setFloat32(0, x, true)
  return taken(4)
}
export const doubleBytes = (x: number): Byte[] => {
  scratch.setFloat64(0, x, true)
  return taken(8)
}

const encoder = /* @__PURE__ */ new TextEncoder()

/** A vector of bytes with its length in front. */
export const sized = (bytes: readonly Byte[]): Byte[] => unsigned(bytes.length).concat(bytes)
/** A name: UTF-8 with its length in front. */
export const text = (s: string): Byte[] => sized([...encoder.encode(s)])
