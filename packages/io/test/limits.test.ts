import { hostArray } from '@gradloom/core'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
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
} from '../src/index.ts'
import { bytes, entry, formatError, safetensorsFile, zip } from './helpers.ts'

const x = hostArray(Float32Array.from({ length: 1000 }, (_, i) => i))
const long = 5000

/** What a call takes, in milliseconds; on a machine with other work this is far above what it needs. */
async function timeMs(work: () => unknown): Promise<number> {
  const start = performance.now()
  try {
    await work()
  } catch (error) {
    expect(error).toEqual(formatError)
  }
  return performance.now() - start
}

describe('maxBytes', () => {
  const cases: [string, Uint8Array | string, (file: never, options: { maxBytes?: number }) => unknown, number][] = [
    ['safetensors', encodeSafetensors({ x }), decodeSafetensors, 4000],
    ['npy', encodeNpy(x), decodeNpy, 4000],
    ['npz', encodeNpz({ x, y: x }), decodeNpz, 8000],
    ['IDX', encodeIdx(x), decodeIdx, 4000],
    ['gzipped IDX', new Uint8Array(gzipSync(encodeIdx(x))), decodeIdx, 8008],
    ['CSV', encodeCsv({ x }), decodeCsv, 4000],
  ]
  test.each(cases)('bounds the file and what is made of it: %s', async (_, file, decode, made) => {
    const read = async (maxBytes?: number): Promise<unknown> => decode(file as never, { maxBytes })
    const most = Math.max(made, file.length)
    await expect(read()).resolves.toBeDefined()
    await expect(read(most)).resolves.toBeDefined()
    await expect(read(Infinity)).resolves.toBeDefined()
    for (const maxBytes of [most - 1, 0, -1, NaN]) {
      await expect(read(maxBytes)).rejects.toThrow(formatError)
      await expect(read(maxBytes)).rejects.toThrow('maxBytes')
    }
  })

  test('counts what types become: bytes as int32, and as float64 where that is asked for', async () => {
    const images = bytes([0, 0, 8, 1, 0, 0, 0, 100], new Uint8Array(100))
    expect((await decodeIdx(images, { maxBytes: 400 })).shape).toEqual([100])
    await expect(decodeIdx(images, { maxBytes: 399 })).rejects.toThrow(formatError)
    await expect(decodeIdx(images, { maxBytes: 799, dtype: 'float64' })).rejects.toThrow(formatError)
    const file = safetensorsFile(entry({ dtype: 'U8', shape: [100], data_offsets: [0, 100] }), [...new Uint8Array(100)])
    expect(() => decodeSafetensors(file, { maxBytes: 399 })).toThrow(formatError)
    expect(decodeSafetensors(file, { maxBytes: 400 }).tensors.size).toBe(1)
  })

  test('is 512 MiB or 16 times the file: a gigabyte in a megabyte of gzip is refused before it is inflated', async () => {
    // Blocks of 64 MB of zeros, one after the other; the header announces 1 GB.
    const zeros = deflateRawSync(new Uint8Array(64_000_000), { level: 9 })
    const size = 1_000_000_000
    const head = bytes([0, 0, 8, 1], [...new Uint8Array(new Uint32Array([size]).buffer)].reverse())
    const start = gzipSync(bytes(head, new Uint8Array(1000)), { level: 0 }).subarray(0, 10 + 5 + 1008)
    start[10] = 0 // not the last block
    const bomb = bytes(start, ...new Array<Uint8Array>(16).fill(zeros))
    expect(bomb.length).toBeLessThan(1_100_000)
    const before = process.memoryUsage.rss()
    expect(await timeMs(() => decodeIdx(bomb))).toBeLessThan(long)
    expect(process.memoryUsage.rss() - before).toBeLessThan(200e6)
    await expect(decodeIdx(bomb)).rejects.toThrow('at most 536870912 bytes (maxBytes)')
  })

  test('bounds the sum of files in an archive, before they are inflated', async () => {
    const npy = encodeNpy(hostArray(new Float32Array(1_000_000)))
    const archive = zip({ method: 8, data: new Uint8Array(deflateRawSync(npy)), file: npy })
    expect((await decodeNpz(archive)).get('x')?.shape).toEqual([1_000_000])
    await expect(decodeNpz(archive, { maxBytes: 8_000_000 })).rejects.toThrow(formatError)
    await expect(decodeNpz(archive, { maxBytes: 1_000_000 })).rejects.toThrow('got 4000128')
  })
})

describe('time is linear in the bytes of', () => {
  const npy = (shape: string, data: Uint8Array = bytes(), descr = '|u1'): Uint8Array => {
    const header = `{'descr': '${descr}', 'fortran_order': True, 'shape': ${shape}, }`.padEnd(117) + '\n'
    return bytes([0x93], 'NUMPY', [1, 0, header.length & 255, header.length >> 8], header, data)
  }

  test('column-major arrays without elements, however many rows', async () => {
    expect(decodeNpy(npy('(9007199254740991, 0)')).shape).toEqual([2 ** 53 - 1, 0])
    expect(await timeMs(() => decodeNpy(npy('(1000000, 1000000, 0, 7)')))).toBeLessThan(long)
  })

  test('column-major arrays of thousands of axes', async () => {
    const file = npy(`(1000000, ${'1,'.repeat(4000)})`, new Uint8Array(1_000_000))
    expect(await timeMs(() => decodeNpy(file))).toBeLessThan(long)
    const two = npy(`(2, 1, 2, ${'1,'.repeat(40)} 2)`, Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7))
    expect([...decodeNpy(two).data]).toEqual([0, 4, 2, 6, 1, 5, 3, 7])
  })

  test('npy headers of spaces, digits or commas', async () => {
    for (const part of [' ', ', ', '1,', '1', "','", "'descr':'<f4',", '(', '}'])
      expect(await timeMs(() => decodeNpy(npy(part.repeat(9000 / part.length))))).toBeLessThan(long)
  })

  test('CSV of many columns', async () => {
    const line = (cell: (i: number) => string | number): string =>
      Array.from({ length: 60_000 }, (_, i) => cell(i)).join()
    expect(await timeMs(() => decodeCsv(','.repeat(100_000), { header: false }))).toBeLessThan(long)
    expect(await timeMs(() => decodeCsv(`${line((i) => `c${i}`)}\n${line((i) => i)}`))).toBeLessThan(long)
    expect(decodeCsv(','.repeat(65_535), { header: false }).size).toBe(65_536)
    expect(() => decodeCsv(','.repeat(65_536), { header: false })).toThrow(formatError)
  })

  test('CSV of many rows, with many labels', async () => {
    const kinds = Array.from({ length: 20_000 }, (_, i) => `kind ${i}`)
    const text = `kind\n${kinds.toReversed().join('\n')}`
    expect(await timeMs(() => decodeCsv(text, { labels: { kind: kinds } }))).toBeLessThan(long)
    expect(decodeCsv(text, { labels: { kind: kinds } }).get('kind')?.data[0]).toBe(19_999)
  })

  test('CSV of long cells, quoted or not, closed or not', async () => {
    for (const part of ['""', 'a', '" "', 'inf', ' ', '\r', '0'])
      for (const text of [`x\n"${part.repeat(500_000)}`, `x\n"${part.repeat(500_000)}"`, `x\n${part.repeat(500_000)}`])
        expect(await timeMs(() => decodeCsv(text))).toBeLessThan(long)
    expect([...decodeCsv(`"${'a""'.repeat(3_000_000)}"\n1`).keys()][0]).toHaveLength(6_000_000)
  })

  test('safetensors headers of texts, lists and objects', async () => {
    const size = 400_000
    for (const part of ['[]', '{}', '[', '{"a":', '"', '\\"', '0', '0,', '[],', '{},', '""', ' ', '"",', '[0],', '\\'])
      for (const text of [
        `{"w":${part.repeat(size / part.length)}`,
        `{"w":[${part.repeat(size / part.length)}0]}`,
        `{"w":{"x":[${part.repeat(size / part.length)}0]}}`,
        `{"${part.repeat(size / part.length)}":1}`,
      ])
        expect(await timeMs(() => decodeSafetensors(safetensorsFile(text)))).toBeLessThan(long)
  })
})
