import { hostArray } from '@gradloom/core'
import { describe, expect, test } from 'vitest'
import {
  decodeNpy,
  decodeNpz,
  decodeSafetensors,
  encodeNpy,
  encodeNpz,
  encodeSafetensors,
  readSafetensorsHeader,
} from '../src/index.ts'
import { formatError, safetensorsFile } from './helpers.ts'

describe('skipUnknown', () => {
  const header = {
    __metadata__: { a: 'b' },
    w: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    scale: { dtype: 'F8_E4M3', shape: [2], data_offsets: [4, 6] },
    z: { dtype: 'C64', shape: [1], data_offsets: [6, 14] },
    b: { dtype: 'U8', shape: [2], data_offsets: [14, 16] },
  }
  const file = safetensorsFile(JSON.stringify(header), [0, 0, 0x80, 0x3f, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 5, 6])

  test('gives the tensors whose dtypes are known, and tells of the others where they are', () => {
    const { tensors, skipped, metadata } = decodeSafetensors(file, { skipUnknown: true })
    expect([...tensors].map(([name, array]) => [name, array.array()])).toEqual([
      ['w', [1]],
      ['b', [5, 6]],
    ])
    expect(metadata.get('a')).toBe('b')
    expect([...skipped.keys()]).toEqual(['scale', 'z'])
    const { byteOffset, byteLength } = skipped.get('scale') ?? { byteOffset: 0, byteLength: 0 }
    expect([...file.subarray(byteOffset, byteOffset + byteLength)]).toEqual([1, 2])
  })

  test('left out, the file is refused with the names of the tensors and what to do', () => {
    for (const options of [{}, { skipUnknown: false }])
      expect(() => decodeSafetensors(file, options)).toThrow(
        'safetensors: integers, BOOL or floats from 16 bits (skipUnknown leaves out others) required, ' +
          'got ["scale F8_E4M3","z C64"]',
      )
    const { skipped } = decodeSafetensors(encodeSafetensors({ w: hostArray(new Float32Array(1)) }))
    expect(skipped.size).toBe(0)
  })

  test('does not pass damage', () => {
    expect(() => decodeSafetensors(file.subarray(0, -1), { skipUnknown: true })).toThrow(formatError)
    const bool = safetensorsFile('{"w":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}', [2])
    expect(() => decodeSafetensors(bool, { skipUnknown: true })).toThrow(formatError)
  })
})

describe('float16', () => {
  // 1, -2, the largest, the smallest, infinity, a NaN with a payload
  const half = hostArray(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 1, 0x7c00, 0x7e01), [2, 3], 'float16')

  test('stays float16, with its bits, through every format that has it', async () => {
    const read = [
      decodeSafetensors(encodeSafetensors({ half })).tensors.get('half'),
      decodeNpy(encodeNpy(half)),
      (await decodeNpz(encodeNpz({ half }))).get('half'),
    ]
    for (const array of read) expect(array).toMatchObject({ dtype: 'float16', shape: [2, 3], data: half.data })
    expect(readSafetensorsHeader(encodeSafetensors({ half })).entries.get('half')?.dtype).toBe('F16')
    expect(Buffer.from(encodeNpy(half)).toString('latin1')).toContain("'descr': '<f2'")
  })
})

test('BF16 becomes float32, with every value and NaN kept', () => {
  const bits = [0x3f80, 0xc020, 0x0001, 0x7f80, 0x7fc1]
  const file = safetensorsFile(
    '{"w":{"dtype":"BF16","shape":[5],"data_offsets":[0,10]}}',
    bits.flatMap((word) => [word & 255, word >> 8]),
  )
  const data = decodeSafetensors(file).tensors.get('w')?.data as Float32Array
  expect([...new Uint32Array(data.buffer)]).toEqual(bits.map((word) => word * 65536))
})

test('a bool other than 0 and 1 in an array is written as 1, which the file can give back', () => {
  const odd = { shape: [2], dtype: 'bool', data: Uint8Array.of(2, 0) } as const
  expect(decodeSafetensors(encodeSafetensors({ odd })).tensors.get('odd')?.array()).toEqual([true, false])
  expect(decodeNpy(encodeNpy(odd)).array()).toEqual([true, false])
})
