import { hostArray } from '@gradloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeSafetensors, encodeSafetensors, readSafetensorsHeader } from '../src/index.ts'
import { parseObject } from '../src/json.ts'
import { entry, formatError, safetensorsFile } from './helpers.ts'

describe('readSafetensorsHeader', () => {
  test('tells dtype, shape and place of tensors that can not be decoded, too', () => {
    const { entries } = readSafetensorsHeader(safetensorsFile(entry({ dtype: 'F4', shape: [2, 2] }), [1, 2]))
    expect([...entries]).toEqual([['w', { dtype: 'F4', shape: [2, 2], byteOffset: 8 + 55, byteLength: 2 }]])
  })

  test('keeps offsets beyond 2^32 apart', () => {
    // Only the sizes are wrong here: the check of the file's length must come last, and see the true sum.
    const header = safetensorsFile(
      JSON.stringify({
        w: { dtype: 'U8', shape: [2 ** 33], data_offsets: [0, 2 ** 33] },
        v: { dtype: 'U8', shape: [3], data_offsets: [2 ** 33, 2 ** 33 + 3] },
      }),
    )
    expect(() => readSafetensorsHeader(header)).toThrow(`${header.length + 2 ** 33 + 3} bytes`)
  })
})

describe('names', () => {
  const w = hostArray(new Float32Array(1))
  const namesOf = (file: Uint8Array): string[] => [...decodeSafetensors(file).tensors.keys()]

  test('with escapes are right whatever files were read before', () => {
    // JSON.parse of V8 gives the second file's name as that of the first one's, or cuts it.
    for (const [first, second] of [
      ['\\', '"'],
      ['.\\', '\\a'],
      ['t\\', 't"'],
      ['a\\', 'a\n'],
      ['\\', '\t'],
    ])
      for (const other of ['h', 'zz']) {
        namesOf(encodeSafetensors({ [other]: w, [first]: w }))
        expect(new Set(namesOf(encodeSafetensors({ [other]: w, [second]: w })))).toEqual(new Set([other, second]))
      }
  })

  test('come back, all of them, in files read one after the other', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '\\', '"', 'n', 't', '\n', '\t', 'u', '0', 'é', '😀') })
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 4 }), (names) => {
        const file = encodeSafetensors(new Map(names.map((n) => [n, w])))
        expect(namesOf(file).sort()).toEqual([...names].sort())
      }),
      { numRuns: 2000 },
    )
  })
})

describe('parseObject', () => {
  const parse = (text: string): Map<string, unknown> => parseObject(text, 'JSON', (_, value) => value)
  const plain = (value: unknown): unknown =>
    value instanceof Map
      ? Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]))
      : Array.isArray(value)
        ? value.map(plain)
        : value

  test('reads what JSON.parse reads, three levels deep', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), fc.nat(3), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        // Keys with backslashes are wrong in JSON.parse.
        expect(JSON.stringify(plain(parse(text)))).toBe(JSON.stringify(plain(new Map(Object.entries(value)))))
      }),
    )
  })

  test.each([
    '',
    ' ',
    '{',
    '}',
    '[]',
    '1',
    '"a"',
    'null',
    '{"a"}',
    '{"a":}',
    '{"a" 1}',
    '{a:1}',
    '{1:1}',
    "{'a':1}",
    '{"a":1,}',
    '{,"a":1}',
    '{"a":1 "b":2}',
    '{"a":1}}',
    '{"a":1]',
    '{"a":[1,]}',
    '{"a":[,1]}',
    '{"a":[1 2]}',
    '{"a":[1}',
    '{"a":01}',
    '{"a":+1}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":0x1}',
    '{"a":NaN}',
    '{"a":undefined}',
    '{"a":"\n"}',
    '{"a":"\\q"}',
    '{"a":"\\u12"}',
    '{"a":"}',
    '{"a":"\\"}',
    '{"a":1,"a":2}',
    '{"a":{"b":1,"b":2}}',
    '{"x":{"y":{"z":{"b":1,"b":2}}}}',
    '{"a":1,"\\u0061":2}',
    '\u00a0{}',
    '{}//',
  ])('refuses %j', (text) => {
    expect(() => parse(text)).toThrow(formatError)
  })

  test('drops what lies deeper than the sizes of a tensor, and refuses over 99 levels or a million values', () => {
    expect(parse('{"a":{"b":[1,[2]]}}')).toEqual(new Map([['a', new Map([['b', [1, undefined]]])]]))
    expect(parse(`{"a":${'['.repeat(98)}${']'.repeat(98)}}`).size).toBe(1)
    expect(() => parse(`{"a":${'['.repeat(100)}${']'.repeat(100)}}`)).toThrow(formatError)
    expect(() => parse(`{"a":[${'0,'.repeat(2 ** 20)}0]}`)).toThrow(formatError)
  })
})
