import { hostArray } from '@gradloom/core'
import fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decodeIdx, encodeIdx } from '../src/index.ts'
import { anyArray, bitsOf, bytes, formatError } from './helpers.ts'

// Two "images" of 1 by 2 bytes.
const images = bytes([0, 0, 8, 3], [0, 0, 0, 2], [0, 0, 0, 1], [0, 0, 0, 2], [0, 51, 102, 255])

describe('decodeIdx', () => {
  test('reads unsigned bytes as int32, or as scaled floats', async () => {
    const whole = await decodeIdx(images)
    expect(whole.dtype).toBe('int32')
    expect(whole.array()).toEqual([[[0, 51]], [[102, 255]]])
    expect((await decodeIdx(images, { dtype: 'float64', scale: 1 / 255 })).array()).toEqual([[[0, 0.2]], [[0.4, 1]]])
    expect(await decodeIdx(images, { dtype: 'float32', scale: 1 / 255 })).toMatchObject({
      dtype: 'float32',
      data: Float32Array.of(0, 0.2, 0.4, 1),
    })
  })

  test.each([
    [9, [0xfe], 'int32', -2],
    [11, [0xff, 0xfe], 'int32', -2],
    [12, [0xff, 0xff, 0xff, 0xfe], 'int32', -2],
    [13, [0xc0, 0x20, 0, 0], 'float32', -2.5],
    [14, [0xc0, 4, 0, 0, 0, 0, 0, 0], 'float64', -2.5],
  ])('reads elements of type %i, big-endian', async (code, data, dtype, value) => {
    const array = await decodeIdx(bytes([0, 0, code, 1, 0, 0, 0, 1], data))
    expect(array.dtype).toBe(dtype)
    expect(array.array()).toEqual([value])
  })

  test('reads rank 0 and zero sizes', async () => {
    expect((await decodeIdx(bytes([0, 0, 8, 0, 5]))).item()).toBe(5)
    expect((await decodeIdx(bytes([0, 0, 8, 1, 0, 0, 0, 0]))).array()).toEqual([])
  })

  test('reads a gzipped file larger than one chunk', async () => {
    const data = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3)
    const array = await decodeIdx(new Uint8Array(gzipSync(bytes([0, 0, 8, 2, 0, 0, 1, 44, 0, 0, 3, 232], data))))
    expect(array.shape).toEqual([300, 1000])
    expect(Buffer.compare(new Uint8Array(array.data), data)).toBe(0)
  })

  test('refuses every cut and spare bytes, plain and gzipped', async () => {
    const zipped = new Uint8Array(gzipSync(images))
    for (const file of [images, zipped]) {
      for (let length = 0; length < file.length; length++)
        await expect(decodeIdx(file.subarray(0, length)), `${length} bytes`).rejects.toThrow(formatError)
    }
    await expect(decodeIdx(bytes(images, [0]))).rejects.toThrow(formatError)
  })

  test('refuses a gzipped file whose content is cut, damaged, or no IDX', async () => {
    const damaged = new Uint8Array(gzipSync(images))
    damaged[damaged.length - 6] ^= 1 // the checksum
    for (const file of [
      gzipSync(images.subarray(0, 19)),
      gzipSync(images.subarray(0, 6)),
      gzipSync(bytes('PK')),
      gzipSync(bytes(images, [1])),
      damaged,
    ])
      await expect(decodeIdx(new Uint8Array(file))).rejects.toThrow(formatError)
  })

  test.each([
    ['a first byte other than 0', [1, 0, 8, 0, 0]],
    ['a second byte other than 0', [0, 1, 8, 0, 0]],
    ['type 7', [0, 0, 7, 0, 0]],
    ['type 10', [0, 0, 10, 0, 0]],
    ['type 15', [0, 0, 15, 0, 0]],
    ['255 axes and no sizes', [0, 0, 8, 255]],
    ['sizes whose product overflows', [0, 0, 8, 4, ...new Array<number>(16).fill(255), 1]],
    ['sizes of gigabytes', [0, 0, 8, 1, 255, 255, 255, 255, 1]],
    ['text', [...Buffer.from('<!DOCTYPE html><html>')]],
  ])('refuses %s', async (_, file) => {
    await expect(decodeIdx(bytes(file))).rejects.toThrow(formatError)
  })

  test('stops inflating where more comes than the header announces, and before what it announces is out of reach', async () => {
    const bomb = new Uint8Array(gzipSync(bytes([0, 0, 8, 1, 0, 0, 0, 1], new Uint8Array(20_000_000))))
    await expect(decodeIdx(bomb)).rejects.toThrow(/9 inflated bytes required, got (?:\d{1,5}|1\d{5})$/)
    await expect(decodeIdx(new Uint8Array(gzipSync(bytes([0, 0, 8, 1, 255, 255, 255, 255, 1]))))).rejects.toThrow(
      formatError,
    )
  })

  test('refuses values that int32 can not hold', async () => {
    await expect(decodeIdx(images, { dtype: 'int32', scale: 0.5 })).rejects.toThrow(
      expect.objectContaining({ name: 'DTypeError' }),
    )
  })
})

describe('encodeIdx', () => {
  test('writes big-endian sizes and elements', () => {
    expect(encodeIdx(hostArray(Int32Array.of(1, -2), [1, 2]))).toEqual(
      bytes([0, 0, 12, 2, 0, 0, 0, 1, 0, 0, 0, 2], [0, 0, 0, 1, 255, 255, 255, 254]),
    )
  })

  test('gives every bit back', async () => {
    await fc.assert(
      fc.asyncProperty(anyArray(['int32', 'float32', 'float64']), async (array) => {
        expect(bitsOf(await decodeIdx(encodeIdx(array)))).toEqual(bitsOf(array))
      }),
    )
  })

  test('refuses other dtypes', () => {
    expect(() => encodeIdx(hostArray(new Uint32Array(1)))).toThrow(formatError)
  })
})
