import { hostArray } from '@gradloom/core'
import fc from 'fast-check'
import { deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decodeNpz, encodeNpy, encodeNpz } from '../src/index.ts'
import { anyArray, bitsOf, bytes, formatError, fromBase64, zip } from './helpers.ts'

// Written by numpy.savez and numpy.savez_compressed of NumPy 1.24.2, the latter with a name in UTF-8.
const stored = fromBase64(
  'UEsDBBQAAAAAAAAAIQBOF8UpgQAAAIEAAAAFABQAeC5ucHkBABAAgQAAAAAAAACBAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJ3x1MScsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgxLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKB1BLAQIUAxQAAAAAAAAAIQBOF8UpgQAAAIEAAAAFAAAAAAAAAAAAAACAAQAAAAB4Lm5weVBLBQYAAAAAAQABADMAAAC4AAAAAAA=',
)
const deflated = fromBase64(
  'UEsDBBQAAAAIAAAAIQAkIeErTAAAAJgAAAAFABQAeC5ucHkBABAAmAAAAAAAAABMAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6mjoKtQoUAC4GFPDBHspwAABQSwMEFAAACAgAAAAhABAZOhlIAAAAggAAAAYAFADDqS5ucHkBABAAggAAAAAAAABIAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loF6TZKiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GoY6CkaaOgq1CmQDLkYGAFBLAQIUAxQAAAAIAAAAIQAkIeErTAAAAJgAAAAFAAAAAAAAAAAAAACAAQAAAAB4Lm5weVBLAQIUAxQAAAgIAAAAIQAQGToZSAAAAIIAAAAGAAAAAAAAAAAAAACAAYMAAADDqS5ucHlQSwUGAAAAAAIAAgBnAAAAAwEAAAAA',
)

const file = encodeNpy(hostArray(Float32Array.of(1, 2)))

describe('decodeNpz', () => {
  test('reads what NumPy writes, stored and compressed', async () => {
    expect([...(await decodeNpz(stored))].map(([name, array]) => [name, array.array()])).toEqual([['x', [7]]])
    expect([...(await decodeNpz(deflated))].map(([name, array]) => [name, array.array()])).toEqual([
      ['x', [0, 1, 2]],
      ['é', [[true, false]]],
    ])
  })

  test('reads archives with a comment, with other data in front of a file, and without files', async () => {
    const x = (await decodeNpz(zip({ comment: 'PK\x05\x06 is how the end record starts' }))).get('x')
    expect(x?.array()).toEqual([1, 2])
    expect((await decodeNpz(zip({ before: bytes('#!shebang') }))).get('x')?.array()).toEqual([1, 2])
    expect(await decodeNpz(encodeNpz({}))).toEqual(new Map())
  })

  test.each<[string, Uint8Array]>([
    ['nothing', bytes()],
    ['a single npy file', file],
    ['an encrypted file', zip({ flags: 1 })],
    ['another compression', zip({ method: 12 })],
    ['a checksum that differs', zip({ crc: 1 })],
    ['a name in the file that differs', zip({ localName: 'y.npy' })],
    ['a name that is no UTF-8', zip({ name: 'x.npy' }).map((byte) => (byte === 0x78 ? 0xff : byte))],
    ['a file that is no npy', zip({ name: 'x.txt' })],
    ['more data than there is', zip({ compressed: 10_000 })],
    ['an offset past the end', zip({ offset: 0xfffffff0 })],
    ['an offset into another record', zip({ offset: 1 })],
    ['a file in the directory twice', zip({ copies: 2 })],
    ['more files than the directory has', zip({ count: 2 })],
    ['fewer files than the directory has', zip({ copies: 2, count: 1 })],
    ['a directory of another size', zip({ directorySize: 10 })],
    ['ZIP64 sizes', zip({ size: 0xffffffff, compressed: 0xffffffff })],
    ['stored data of another size', zip({ size: 3 })],
    ['deflated data that is none', zip({ method: 8 })],
    [
      'deflated data of a smaller announced size',
      zip({ method: 8, data: new Uint8Array(deflateRawSync(file)), size: file.length - 1 }),
    ],
    [
      'deflated data of a larger announced size',
      zip({ method: 8, data: new Uint8Array(deflateRawSync(file)), size: file.length + 1 }),
    ],
    ['a deflated size out of reach', zip({ method: 8, data: new Uint8Array(deflateRawSync(file)), size: 0xfffffffe })],
  ])('refuses %s', async (_, archive) => {
    await expect(decodeNpz(archive)).rejects.toThrow(formatError)
  })

  test('refuses two files in the same place under two names', async () => {
    const one = zip()
    const two = bytes(zip({ copies: 2 }))
    // Rename the second directory entry and, which overlapping files share, nothing else.
    two[two.length - 22 - 5] = 0x79
    expect(two.length).toBeGreaterThan(one.length)
    await expect(decodeNpz(two)).rejects.toThrow(formatError)
  })

  test('stops inflating a bomb at the announced size', async () => {
    const data = new Uint8Array(deflateRawSync(new Uint8Array(20_000_000)))
    await expect(decodeNpz(zip({ method: 8, data, size: 100 }))).rejects.toThrow(formatError)
  })

  test('refuses every cut', async () => {
    for (const archive of [stored, deflated]) {
      for (let length = 0; length < archive.length; length++)
        await expect(decodeNpz(archive.subarray(0, length))).rejects.toThrow(formatError)
    }
  })

  test('gives a typed error or the same arrays for every changed byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(deflated.length - 1), fc.nat(255), async (at, value) => {
        const changed = deflated.slice()
        changed[at] = value
        try {
          expect((await decodeNpz(changed)).get('x')?.array()).toEqual([0, 1, 2])
        } catch (error) {
          expect(error).toEqual(formatError)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('encodeNpz', () => {
  test('gives every bit back, under any name', async () => {
    const arrays = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), anyArray(['float32', 'float16', 'bool'])))
    await fc.assert(
      fc.asyncProperty(arrays, async (entries) => {
        const named = new Map(entries)
        const read = await decodeNpz(encodeNpz(named))
        expect([...read].map(([name, array]) => [name, bitsOf(array)])).toEqual(
          [...named].map(([name, array]) => [name, bitsOf(array)]),
        )
      }),
      { numRuns: 50 },
    )
  })

  test('writes the same bytes every time', () => {
    expect(encodeNpz({ x: hostArray(Float32Array.of(1, 2)) })).toEqual(zip({ flags: 0x800 }))
  })
})
