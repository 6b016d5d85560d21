import { hostArray } from '@gradloom/core'
import type { HostArray } from '@gradloom/core'
import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib'
import { crc32 } from '../../src/crc32.ts'
import {
  decodeCsv,
  decodeIdx,
  decodeNpy,
  decodeNpz,
  decodeSafetensors,
  encodeCsv,
  encodeIdx,
  encodeNpy,
  encodeNpz,
  encodeSafetensors,
} from '../../src/index.ts'
import { csvOracle, idxOracle, npyOracle, safetensorsOracle } from './oracles.ts'
import type { Draw } from './draw.ts'

type Arrays = ReadonlyMap<string, HostArray>

export interface Format {
  /** Whole files, of which mutations are made. */
  readonly files: readonly Uint8Array[]
  decode(file: Uint8Array): Arrays | Promise<Arrays>
  /** What the file holds, read in another way; throws where that finds no such file. */
  oracle(file: Uint8Array, read: Arrays): void | Promise<void>
  /** Puts a mutated inside into a sound outside: a compressed file whose checksums hold, a header of the right length. */
  wrap?(inside: Uint8Array, draw: Draw): Uint8Array
  /** What `wrap` takes. */
  readonly insides?: readonly Uint8Array[]
}

const floats = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.fround(Math.sin(i) * 10 ** (i % 7)))
const f32 = hostArray(floats(12), [3, 4])
const f64 = hostArray(Float64Array.of(0.1, -0, NaN, Infinity, 5e-324), [5, 1])
const i32 = hostArray(Int32Array.of(-1, 0, 2 ** 31 - 1, 7), [2, 2, 1])
const u32 = hostArray(Uint32Array.of(4294967295), [])
const f16 = hostArray(Uint16Array.of(0x3c00, 0xfc00, 1), [3], 'float16')
const bool = hostArray(Uint8Array.of(1, 0, 1, 1), [2, 2], 'bool')
const empty = hostArray(new Float32Array(0), [0, 3])
const all = { f32, f64, i32, u32, f16, bool, empty }
const one = (array: HostArray): Arrays => new Map([['', array]])

const safetensors = [
  encodeSafetensors(all, { metadata: { format: 'pt', step: '7' } }),
  encodeSafetensors({ 'layer.0/w\\"\n😀': f32, b: f16 }),
  encodeSafetensors({}),
]

const latin = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0))
const fortran = (array: HostArray, descr: string): Uint8Array =>
  latin(
    Buffer.from(encodeNpy(array))
      .toString('latin1')
      .replace('False', 'True ')
      .replace(/'[<|]\w\d'/, `'${descr}'`),
  )
const npy = [...Object.values(all).map(encodeNpy), fortran(f32, '>f4'), fortran(i32, '<u4'), fortran(bool, '|u1')]

const deflated = (inside: Uint8Array): Uint8Array => {
  const data = new Uint8Array(deflateRawSync(inside))
  const name = latin('x.npy')
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(8, 4)
  fields.writeUInt32LE(crc32(inside), 10)
  fields.writeUInt32LE(data.length, 14)
  fields.writeUInt32LE(inside.length, 18)
  fields.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([latin('PK\x03\x04'), fields, name, data])
  const directory = Buffer.concat([latin('PK\x01\x02\x14\0'), fields, Buffer.alloc(14), name])
  const end = Buffer.alloc(22)
  end.set(latin('PK\x05\x06'))
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(local.length, 16)
  return new Uint8Array(Buffer.concat([local, directory, end]))
}

const idx = [
  ...[f32, f64, i32].map(encodeIdx),
  Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 51, 102, 255),
  Uint8Array.of(0, 0, 11, 1, 0, 0, 0, 2, 255, 254, 1, 0),
]

const csv = [
  encodeCsv({ x: hostArray(floats(20)), 'a,"b"\n': hostArray(Int32Array.from({ length: 20 }, (_, i) => i - 9)) }),
  'a;b\n1,2\n"3",\r\n\r\nnan,-INF\r" 4 ",5e-3',
  'x\n\n"1"\n',
].map((text) => new TextEncoder().encode(text))

const header = (file: Uint8Array): Uint8Array => file.subarray(8, 8 + file[0] + 256 * file[1])
const withHeader = (inside: Uint8Array, draw: Draw): Uint8Array => {
  const data = draw.pick(safetensors)
  const out = new Uint8Array(8 + inside.length + data.length - 8 - header(data).length)
  new DataView(out.buffer).setUint32(0, inside.length, true)
  out.set(inside, 8)
  out.set(data.subarray(8 + header(data).length), 8 + inside.length)
  return out
}

const zipped = (file: Uint8Array): Uint8Array => new Uint8Array(gzipSync(file))
const readSafetensors = (file: Uint8Array): Arrays => decodeSafetensors(file).tensors

export const formats: Readonly<Record<string, Format>> = {
  safetensors: { files: safetensors, decode: readSafetensors, oracle: safetensorsOracle },
  'safetensors headers': {
    files: safetensors,
    insides: safetensors.map(header),
    wrap: withHeader,
    decode: readSafetensors,
    oracle: safetensorsOracle,
  },
  npy: { files: npy, decode: (file) => one(decodeNpy(file)), oracle: npyOracle },
  npz: {
    files: [encodeNpz(all), deflated(npy[0]), deflated(npy[7])],
    insides: npy,
    wrap: deflated,
    decode: decodeNpz,
    // Checksums leave what was written, or, of a wrapped file, one that the reader of npy files must take.
    oracle: (_, read) => {
      for (const array of read.values()) npyOracle(encodeNpy(array), one(array))
    },
  },
  IDX: { files: idx, decode: async (file) => one(await decodeIdx(file)), oracle: idxOracle },
  'gzipped IDX': {
    files: idx.map(zipped),
    insides: idx,
    wrap: zipped,
    decode: async (file) => one(await decodeIdx(file)),
    oracle: (file, read) => idxOracle(file[0] === 0x1f ? new Uint8Array(gunzipSync(file)) : file, read),
  },
  CSV: {
    files: csv,
    decode: (file) => decodeCsv(file, { dtype: 'float64' }),
    oracle: csvOracle,
  },
}
