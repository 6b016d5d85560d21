import { hostArray } from '@gradloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeSafetensors, encodeSafetensors, readSafetensorsHeader } from '../src/index.ts'
import { anyArray, ascii, bitsOf, bytes, entry, formatError, safetensorsFile as file } from './helpers.ts'

const zeros = (n: number): number[] => new Array<number>(n).fill(0)

// The official documentation's example: a header of 0x3c = 60 bytes.
const official = bytes('<\0\0\0\0\0\0\0{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}', zeros(16))

describe('decodeSafetensors', () => {
  test('reads the official example, whose data is not aligned to 8 bytes', () => {
    const { tensors, metadata } = decodeSafetensors(official)
    expect([...tensors.keys()]).toEqual(['test'])
    expect(tensors.get('test')?.dtype).toBe('int32')
    expect(tensors.get('test')?.array()).toEqual([
      [0, 0],
      [0, 0],
    ])
    expect(metadata.size).toBe(0)
  })

  test.each([
    ['F64', [0, 0, 0, 0, 0, 0, 4, 0xc0], 'float64', -2.5],
    ['F32', [0, 0, 0x20, 0xc0], 'float32', -2.5],
    ['BF16', [0x20, 0xc0], 'float32', -2.5],
    ['F16', [0x00, 0xc1], 'float16', -2.5],
    ['I64', [0xfe, 255, 255, 255, 255, 255, 255, 255], 'int32', -2],
    ['U64', [0xfe, 255, 255, 255, 0, 0, 0, 0], 'uint32', 4294967294],
    ['I32', [0xfe, 255, 255, 255], 'int32', -2],
    ['U32', [0xfe, 255, 255, 255], 'uint32', 4294967294],
    ['I16', [0xfe, 255], 'int32', -2],
    ['U16', [0xfe, 255], 'int32', 65534],
    ['I8', [0xfe], 'int32', -2],
    ['U8', [0xfe], 'int32', 254],
    ['BOOL', [1], 'bool', 1],
  ])('reads %s', (dtype, data, expected, value) => {
    const w = decodeSafetensors(file(entry({ dtype, shape: [], data_offsets: [0, data.length] }), data)).tensors.get(
      'w',
    )
    expect(w).toMatchObject({ dtype: expected, shape: [] })
    expect(w?.item()).toBe(value)
  })

  test('reads from a Buffer inside a larger one, and leaves the file its memory', () => {
    const { buffer } = bytes([9, 9, 9], official, [9])
    const source = Buffer.from(buffer as ArrayBuffer, 3, official.length)
    const w = decodeSafetensors(source).tensors.get('test')
    source.fill(7)
    expect(w?.array()).toEqual([
      [0, 0],
      [0, 0],
    ])
  })

  test('takes an ArrayBuffer, trailing spaces, fields yet unknown and any order of entries', () => {
    const b =
      '{"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2],"new":{"x":[1]}},"a":{"shape":[1],"dtype":"U8","data_offsets":[0,1]}}  \n'
    expect(
      [...decodeSafetensors(file(b, [5, 6]).buffer as ArrayBuffer).tensors].map(([name, t]) => [name, t.data[0]]),
    ).toEqual([
      ['a', 5],
      ['b', 6],
    ])
  })

  test('keeps names that objects treat specially', () => {
    const names = ['__proto__', 'constructor', '10', '9', '', 'π"\\\n', '😀']
    const { tensors } = decodeSafetensors(
      encodeSafetensors(new Map(names.map((name, i) => [name, hostArray(new Int32Array([i]))]))),
    )
    expect(new Map([...tensors].map(([name, t]) => [name, t.item()]))).toEqual(
      new Map(names.map((name, i) => [name, i])),
    )
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
  })

  const cases: [string, Uint8Array][] = [
    ['nothing', bytes()],
    ['a header length over the limit', bytes([1, 0x96, 0x98, 0, 0, 0, 0, 0], zeros(16))],
    ['a header length of 2^64 - 1', bytes(zeros(8).fill(255), zeros(16))],
    ['an empty header', file('')],
    ['an empty file behind the header length', bytes(zeros(8))],
    ['a header that is no UTF-8', bytes([3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0x7d])],
    ['a byte order mark', file('\uFEFF{}')],
    ['space before the header', file(' {}')],
    ['no JSON', file('{"w":')],
    ['a JSON array', file('[]')],
    ['JSON null', file('null')],
    ['text behind the object', file('{}x')],
    ['a tensor that is null', file('{"w":null}')],
    ['a tensor that is an array', file('{"w":[]}')],
    ['a tensor without fields', file('{"w":{}}')],
    ['an unknown dtype', file(entry({ dtype: 'U9' }), [0, 0])],
    ['a dtype of another case', file(entry({ dtype: 'u8' }), [0, 0])],
    ['a dtype from the prototype', file(entry({ dtype: 'constructor' }), [0, 0])],
    ['a dtype that is a list', file(entry({ dtype: ['U8'] }), [0, 0])],
    ['a dtype of 8-bit floats', file(entry({ dtype: 'F8_E4M3' }), [0, 0])],
    ['a shape that is a number', file(entry({ shape: 2 }), [0, 0])],
    ['a negative size', file(entry({ shape: [-2] }), [0, 0])],
    ['a size with a fraction', file(entry({ shape: [0.5, 4] }), [0, 0])],
    ['a size as text', file(entry({ shape: ['2'] }), [0, 0])],
    ['a size over 2^53', file(entry({ shape: [2 ** 60] }), [0, 0])],
    [
      'sizes whose product overflows to a small number',
      file(entry({ dtype: 'U8', shape: [2 ** 32, 2 ** 32, 2 ** 32] }), [0, 0]),
    ],
    ['sizes that overflow before a zero', file(entry({ shape: [2 ** 52, 2 ** 52, 0], data_offsets: [0, 0] }))],
    ['a shape of fewer bytes', file(entry({ shape: [1] }), [0, 0])],
    ['a shape of more bytes', file(entry({ shape: [3] }), [0, 0])],
    ['offsets that fall', file(entry({ shape: [0], data_offsets: [2, 0] }), [0, 0])],
    ['a negative offset', file(entry({ data_offsets: [-2, 0] }), [0, 0])],
    ['an offset with a fraction', file(entry({ data_offsets: [0.5, 2.5] }), [0, 0])],
    ['offsets past the end', file(entry({ data_offsets: [0, 2] }), [0])],
    ['offsets past 2^53', file(entry({ data_offsets: [2 ** 60, 2 ** 60 + 2] }), [0, 0])],
    ['one offset', file(entry({ data_offsets: [0] }), [0, 0])],
    ['three offsets', file(entry({ data_offsets: [0, 2, 3] }), [0, 0])],
    ['offsets as text', file(entry({ data_offsets: ['0', '2'] }), [0, 0])],
    ['no offsets', file(entry({ data_offsets: undefined }), [0, 0])],
    ['a gap before the first tensor', file(entry({ data_offsets: [1, 3] }), [0, 0, 0])],
    ['spare bytes behind the last tensor', file(entry({}), [0, 0, 0])],
    ['data without a tensor', file('{}', [0])],
    [
      'a gap',
      file(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}',
        [0, 0, 0],
      ),
    ],
    [
      'an overlap',
      file(
        '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
        [0, 0, 0],
      ),
    ],
    [
      'two tensors on the same bytes',
      file(
        '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}',
        [0, 0],
      ),
    ],
    [
      'a name given twice',
      file('{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
    ],
    [
      'a name given twice in other spelling',
      file(
        '{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0077" :{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
    ],
    [
      '__proto__ given twice',
      file(
        '{"__proto__":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"__proto__":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
    ],
    ['a field given twice', file('{"w":{"dtype":"U8","dtype":"I8","shape":[0],"data_offsets":[0,0]}}')],
    ['half a surrogate pair in a name', file('{"\\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}')],
    ['metadata that is no object', file('{"__metadata__":"x"}')],
    ['metadata that is an array', file('{"__metadata__":["x"]}')],
    ['metadata with a number', file('{"__metadata__":{"epoch":3}}')],
    ['a bool of 2', file(entry({ dtype: 'BOOL' }), [1, 2])],
    [
      'an integer beyond 32 bits',
      file(entry({ dtype: 'I64', shape: [1], data_offsets: [0, 8] }), [0, 0, 0, 128, 0, 0, 0, 0]),
    ],
    ['half a byte', file(entry({ dtype: 'F4', shape: [3] }), [0, 0])],
  ]
  test.each(cases)('refuses %s', (_, hostile) => {
    expect(() => decodeSafetensors(hostile)).toThrow(formatError)
  })

  test('refuses deep nesting, open or closed, without exhausting stack or memory', () => {
    const depth = 500_000
    for (const text of [
      `{"w":${'['.repeat(depth)}`,
      `{"w":${'['.repeat(depth)}${']'.repeat(depth)}}`,
      `${'{"w":'.repeat(depth)}`,
    ])
      expect(() => decodeSafetensors(file(text))).toThrow(formatError)
  })

  test('keeps error messages short, whatever the file holds', () => {
    const name = 'x'.repeat(1_000_000)
    try {
      decodeSafetensors(file(`{"${name}":{"dtype":"F8_E4M3","shape":[0],"data_offsets":[0,0]}}`))
      expect.unreachable()
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(400)
    }
  })

  test('refuses every cut, and every byte too many', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 4 }), anyArray(['float32', 'bool', 'float64']), {
          maxKeys: 3,
        }),
        (tensors) => {
          const whole = encodeSafetensors(tensors, { metadata: { a: 'b' } })
          for (let length = 0; length < whole.length; length++)
            expect(() => decodeSafetensors(whole.subarray(0, length))).toThrow(formatError)
          expect(() => decodeSafetensors(bytes(whole, [0]))).toThrow(formatError)
        },
      ),
      { numRuns: 25 },
    )
  })

  test('gives a typed error or a result for every changed byte of a header', () => {
    const whole = encodeSafetensors(
      { a: hostArray(new Float32Array(2)), b: hostArray(new Int32Array(1)) },
      { metadata: { k: 'v' } },
    )
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const changed = whole.slice()
        changed[at] = value
        try {
          decodeSafetensors(changed)
        } catch (error) {
          expect(error).toEqual(formatError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('encodeSafetensors', () => {
  test('writes the bytes of the official library: wide dtypes first, then names; header padded with spaces to 8', () => {
    const written = encodeSafetensors({
      b: hostArray(Uint8Array.of(1, 0, 1), [3, 1], 'bool'),
      z: hostArray(new Float32Array([1])),
      a: hostArray(new Float32Array([-2, 0.5])),
      h: hostArray(Uint16Array.of(0x3c00), [], 'float16'),
    })
    const header =
      '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"z":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},' +
      '"h":{"dtype":"F16","shape":[],"data_offsets":[12,14]},"b":{"dtype":"BOOL","shape":[3,1],"data_offsets":[14,17]}}'
    expect(header.length % 8).toBe(4)
    expect(written).toEqual(
      bytes(
        [header.length + 4, 0, 0, 0, 0, 0, 0, 0],
        ascii(header),
        '    ',
        [0, 0, 0, 0xc0, 0, 0, 0, 0x3f],
        [0, 0, 0x80, 0x3f],
        [0, 0x3c],
        [1, 0, 1],
      ),
    )
  })

  test('writes dtypes in the official order', () => {
    const arrays = {
      a: hostArray(Uint8Array.of(1)),
      b: hostArray(Uint16Array.of(1), [1], 'float16'),
      c: hostArray(new Int32Array(1)),
      d: hostArray(new Uint32Array(1)),
      e: hostArray(new Float32Array(1)),
      f: hostArray(new Float64Array(1)),
    }
    expect([...readSafetensorsHeader(encodeSafetensors(arrays)).entries.values()].map(({ dtype }) => dtype)).toEqual([
      'F64',
      'F32',
      'U32',
      'I32',
      'F16',
      'BOOL',
    ])
  })

  test('sorts names by code points, not by UTF-16 units', () => {
    const empty = hostArray(new Float32Array(0))
    expect([
      ...readSafetensorsHeader(
        encodeSafetensors({ '\u{1f600}': empty, '\uff5e': empty, aa: empty, a: empty }),
      ).entries.keys(),
    ]).toEqual(['a', 'aa', '\uff5e', '\u{1f600}'])
  })

  test('puts metadata first', () => {
    const written = encodeSafetensors(
      {},
      {
        metadata: new Map([
          ['format', 'pt'],
          ['__proto__', 'é"'],
        ]),
      },
    )
    expect(new TextDecoder().decode(written.subarray(8)).trimEnd()).toBe(
      '{"__metadata__":{"format":"pt","__proto__":"é\\""}}',
    )
    expect([...decodeSafetensors(written).metadata]).toEqual([
      ['format', 'pt'],
      ['__proto__', 'é"'],
    ])
    expect(encodeSafetensors({})).toEqual(bytes([8, 0, 0, 0, 0, 0, 0, 0], '{}      '))
  })

  test('gives every bit back', () => {
    const arrays = fc.array(
      fc.tuple(
        fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__'),
        anyArray(['float32', 'float64', 'float16', 'int32', 'uint32', 'bool']),
      ),
    )
    fc.assert(
      fc.property(
        arrays,
        fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))),
        (entries, pairs) => {
          // In the order of an object's keys, which is the one that a parser of JSON gives: whole numbers first.
          const tensors = new Map(entries)
          const metadata = Object.entries(Object.fromEntries(pairs))
          const written = encodeSafetensors(tensors, { metadata: new Map(metadata) })
          const read = decodeSafetensors(written)
          expect(new Map([...read.tensors].map(([name, array]) => [name, bitsOf(array)]))).toEqual(
            new Map([...tensors].map(([name, array]) => [name, bitsOf(array)])),
          )
          expect(read.metadata).toEqual(new Map(metadata))
          expect(encodeSafetensors(read.tensors, { metadata: read.metadata })).toEqual(written)
        },
      ),
      {
        numRuns: 100,
        examples: [
          [
            [],
            [
              ['', ''],
              ['0', ''],
            ],
          ],
        ],
      },
    )
  })

  test('writes views of larger buffers', () => {
    const data = new Float32Array([1, 2, 3, 4]).subarray(1, 3)
    expect(
      decodeSafetensors(encodeSafetensors({ w: hostArray(data) }))
        .tensors.get('w')
        ?.array(),
    ).toEqual([2, 3])
  })

  test('refuses names and metadata that the file could not give back', () => {
    const w = hostArray(new Float32Array(1))
    expect(() => encodeSafetensors({ __metadata__: w })).toThrow(formatError)
    expect(() => encodeSafetensors({ '\ud800': w })).toThrow(formatError)
    expect(() => encodeSafetensors({ w }, { metadata: { epoch: 3 as unknown as string } })).toThrow(formatError)
  })

  test('refuses a header over the limit that the reader has', () => {
    const w = hostArray(new Float32Array(1))
    expect(() => encodeSafetensors({ w }, { metadata: { k: 'x'.repeat(10_000_000) } })).toThrow(formatError)
    const largest = encodeSafetensors(
      {},
      { metadata: { k: 'x'.repeat(10_000_000 - 8 - '{"__metadata__":{"k":""}}'.length) } },
    )
    expect(decodeSafetensors(largest).metadata.size).toBe(1)
  })

  test('refuses arrays whose data, shape and dtype disagree', () => {
    expect(() => encodeSafetensors({ w: { shape: [3], dtype: 'float32', data: new Float32Array(2) } })).toThrow(
      expect.objectContaining({ name: 'ShapeError' }),
    )
    expect(() => encodeSafetensors({ w: { shape: [2], dtype: 'float32', data: new Int32Array(2) } })).toThrow(
      expect.objectContaining({ name: 'DTypeError' }),
    )
    expect(() => encodeSafetensors({ w: { shape: [2], dtype: 'float16', data: new Float32Array(2) } })).toThrow(
      expect.objectContaining({ name: 'DTypeError' }),
    )
  })
})
