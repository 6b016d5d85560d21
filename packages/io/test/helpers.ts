import { allocate, hostArray, sizeOf, type DType, type HostArray } from '@gradloom/core'
import fc from 'fast-check'
import { expect } from 'vitest'
import { crc32 } from '../src/crc32.ts'
import { encodeNpy } from '../src/index.ts'

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0))
export const bytes = (...parts: (string | readonly number[] | Uint8Array)[]): Uint8Array =>
  new Uint8Array(
    Buffer.concat(
      parts.map((part) => Uint8Array.from(typeof part === 'string' ? new TextEncoder().encode(part) : part)),
    ),
  )
export const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

/** What every refusal is: told apart by name and code. */
export const formatError = expect.objectContaining({ name: 'FormatError', code: 'FORMAT' })

/** Arrays of any dtype and small shape, rank 0 and zero sizes included, with any bits. */
export const anyArray = (dtypes: readonly DType[]): fc.Arbitrary<HostArray> =>
  fc
    .tuple(fc.constantFrom(...dtypes), fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }))
    .chain(([dtype, shape]) => {
      const data = allocate(dtype, sizeOf(shape))
      return fc.uint8Array({ minLength: data.byteLength, maxLength: data.byteLength }).map((bits) => {
        const out = allocate(dtype, data.length)
        new Uint8Array(out.buffer).set(dtype === 'bool' ? bits.map((bit) => bit & 1) : bits)
        return hostArray(out, shape, dtype)
      })
    })

/** Bits, since NaN payloads and -0 count. */
export const bitsOf = ({ shape, dtype, data }: HostArray): unknown => ({
  shape,
  dtype,
  bits: [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
})

/** A safetensors file of any header. */
export const safetensorsFile = (header: string, ...data: (readonly number[])[]): Uint8Array => {
  const text = new TextEncoder().encode(header)
  return bytes([...new Uint8Array(new BigUint64Array([BigInt(text.length)]).buffer)], text, ...data)
}
/** A header of one tensor `w`, two bytes unless said otherwise. */
export const entry = (fields: object): string =>
  JSON.stringify({ w: { dtype: 'U8', shape: [2], data_offsets: [0, 2], ...fields } })

interface Parts {
  /** What it inflates to. */
  file?: Uint8Array
  name?: string
  localName?: string
  flags?: number
  method?: number
  data?: Uint8Array
  crc?: number
  size?: number
  compressed?: number
  offset?: number
  count?: number
  directorySize?: number
  copies?: number
  comment?: string
  before?: Uint8Array
}

/** A ZIP archive of one file, each field to be set wrong. */
export function zip(parts: Parts = {}): Uint8Array {
  const { file = encodeNpy(hostArray(Float32Array.of(1, 2))) } = parts
  const {
    name = 'x.npy',
    localName = name,
    flags = 0,
    method = 0,
    data = file,
    crc = crc32(file),
    size = file.length,
    compressed = data.length,
  } = parts
  const { copies = 1, count = copies, comment = '', before = bytes() } = parts
  const u16 = (...values: number[]): number[] => values.flatMap((v) => [v & 255, (v >> 8) & 255])
  const u32 = (v: number): number[] => [...u16(v & 0xffff), ...u16(v >>> 16)]
  const fields = (length: number): number[] => [
    ...u16(20, flags, method, 0, 0x21),
    ...u32(crc),
    ...u32(compressed),
    ...u32(size),
    ...u16(length, 0),
  ]
  const local = bytes([0x50, 0x4b, 3, 4], fields(localName.length), localName, data)
  const { offset = before.length } = parts
  const one = bytes([0x50, 0x4b, 1, 2, 20, 0], fields(name.length), u16(0, 0, 0, 0, 0), u32(offset), name)
  const directory = bytes(...new Array<Uint8Array>(copies).fill(one))
  const { directorySize = directory.length } = parts
  return bytes(
    before,
    local,
    directory,
    [0x50, 0x4b, 5, 6],
    u16(0, 0, count, count),
    u32(directorySize),
    u32(before.length + local.length),
    u16(comment.length),
    comment,
  )
}
