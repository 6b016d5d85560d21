import { hostArray } from '@gradloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeCsv, encodeCsv } from '../src/index.ts'
import { anyArray, bytes, formatError } from './helpers.ts'

const read = (...args: Parameters<typeof decodeCsv>): Record<string, number[]> =>
  Object.fromEntries([...decodeCsv(...args)].map(([name, array]) => [name, [...array.data]]))

describe('decodeCsv', () => {
  test('reads numbers in their usual forms', () => {
    expect(read('x\n1\n-2.5\n+.5\n3.\n1e-3\n1E+2\n-0\nNaN\nINF\n-infinity\n 7 \n"8"\n', { dtype: 'float64' })).toEqual({
      x: [1, -2.5, 0.5, 3, 1e-3, 100, -0, NaN, Infinity, -Infinity, 7, 8],
    })
  })

  test('reads an empty cell as NaN, and the last one without a line end', () => {
    expect(read('x,y\n1,\n,2\n"",')).toEqual({ x: [1, NaN, NaN], y: [NaN, 2, NaN] })
  })

  test('makes float32 columns of shape [rows], or what is asked for', () => {
    expect(decodeCsv('x\n0.1').get('x')).toMatchObject({ dtype: 'float32', shape: [1], data: Float32Array.of(0.1) })
    expect(decodeCsv('x\n3', { dtype: 'int32' }).get('x')).toMatchObject({ dtype: 'int32', data: Int32Array.of(3) })
    expect(decodeCsv('x,y\n').get('y')).toMatchObject({ shape: [0] })
  })

  test('takes every line end, empty lines, a byte order mark, bytes and other delimiters', () => {
    expect(read('\uFEFFx,y\r\n1,2\r\n\r\n3,4\r5,6\n')).toEqual({ x: [1, 3, 5], y: [2, 4, 6] })
    expect(read(bytes('\uFEFFπ\n1'))).toEqual({ π: [1] })
    for (const delimiter of [',', ';', ':', '|', '\t'])
      expect(read(`x${delimiter}y\n1${delimiter}2`, { delimiter })).toEqual({ x: [1], y: [2] })
  })

  test('takes delimiters, line ends and quotes in quoted names', () => {
    expect(read('"a,b","c\r\nd","e""f"""," g "\n1,2,3,4')).toEqual({
      'a,b': [1],
      'c\r\nd': [2],
      'e"f"': [3],
      ' g ': [4],
    })
  })

  test('numbers columns without a header, picks some, and turns labels into places', () => {
    expect(read('1,2\n3,4', { header: false, columns: ['1'] })).toEqual({ 1: [2, 4] })
    const kinds = decodeCsv('kind,note\ncat,?\n"dog",?\ncat,?', { columns: ['kind'], labels: { kind: ['dog', 'cat'] } })
    expect([...kinds.keys()]).toEqual(['kind'])
    expect(kinds.get('kind')).toMatchObject({ dtype: 'int32', data: Int32Array.of(1, 0, 1) })
  })

  test.each([
    ['nothing', ''],
    ['text', 'x\ncat'],
    ['a hexadecimal number', 'x\n0x10'],
    ['an octal number', 'x\n0o7'],
    ['a binary number', 'x\n0b1'],
    ['two numbers in a cell', 'x\n1 2'],
    ['a number with a unit', 'x\n1px'],
    ['a decimal comma beside other columns', 'x;y\n1,5;2'],
    ['a record with too few cells', 'x,y\n1'],
    ['a record with too many cells', 'x,y\n1,2,3'],
    ['a name given twice', 'x,x\n1,2'],
    ['a quote that does not close', 'x\n"1'],
    ['text behind a quote', 'x\n"1"2'],
    ['a quote inside of a cell', 'x\n1"2"'],
    ['bytes that are no UTF-8', bytes([0x78, 0x0a, 0xff])],
  ])('refuses %s', (_, text) => {
    expect(() => decodeCsv(text)).toThrow(formatError)
  })

  test('names the record and the column of a bad cell', () => {
    expect(() => decodeCsv('x,y\n1,2\n3,four')).toThrow('CSV: record 2, column y: a number required, got "four"')
    expect(() => decodeCsv('kind\nbird', { labels: { kind: ['dog'] } })).toThrow(
      'CSV: record 1, column kind: dog required, got "bird"',
    )
  })

  test('refuses columns that are not there, delimiters of other kinds, and values that int32 can not hold', () => {
    expect(() => decodeCsv('x\n1', { columns: ['y'] })).toThrow(formatError)
    for (const delimiter of ['', '.', '"', '\n', '::', '5', ']'])
      expect(() => decodeCsv('x\n1', { delimiter })).toThrow(formatError)
    for (const cell of ['1.5', '', '3000000000'])
      expect(() => decodeCsv(`x,y\n${cell},1`, { dtype: 'int32' })).toThrow(
        expect.objectContaining({ name: 'DTypeError' }),
      )
  })

  test('refuses labels and columns given twice', () => {
    expect(() => decodeCsv('x\n1', { labels: { x: ['1', '1'] } })).toThrow(formatError)
    expect(() => decodeCsv('x\n1', { columns: ['x', 'x'] })).toThrow(formatError)
  })

  test('reads a quoted cell of megabytes', () => {
    expect(decodeCsv(`"${'""a'.repeat(500_000)}"\n1`).size).toBe(1)
  })
})

describe('encodeCsv', () => {
  test('writes the shortest digits of each dtype, and quotes where needed', () => {
    expect(
      encodeCsv({
        'a,b': hostArray(Float32Array.of(0.1, -0, 16777216)),
        ' "c"': hostArray(Float64Array.of(0.1, 1 / 3, NaN)),
      }),
    ).toBe('"a,b"," ""c"""\n0.1,0.1\n-0,0.3333333333333333\n16777216,NaN\n')
    expect(
      encodeCsv(
        { x: hostArray(Int32Array.of(1)), y: hostArray(Uint8Array.of(1), [1], 'bool') },
        { header: false, delimiter: ';' },
      ),
    ).toBe('1;1\n')
  })

  test('gives every value back, under any name', () => {
    const columns = fc
      .uniqueArray(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 3 })
      .chain((names) =>
        fc
          .array(fc.float(), { maxLength: 5 })
          .map(
            (values) =>
              new Map(names.map((name, i) => [name, hostArray(Float32Array.from(values, (v) => v * (i + 1)))])),
          ),
      )
    fc.assert(
      fc.property(columns, fc.constantFrom(',', ';', '\t'), (named, delimiter) => {
        const back = decodeCsv(encodeCsv(named, { delimiter }), { delimiter })
        expect([...back].map(([name, { data }]) => [name, data])).toEqual(
          [...named].map(([name, { data }]) => [name, data]),
        )
      }),
    )
    fc.assert(
      fc.property(
        anyArray(['float64']).filter(({ shape }) => shape.length === 1),
        (x) => {
          expect(decodeCsv(encodeCsv({ x }), { dtype: 'float64' }).get('x')?.data).toEqual(x.data)
        },
      ),
    )
  })

  test('refuses delimiters that its reader refuses', () => {
    for (const delimiter of ['', '.', '::', '\n'])
      expect(() => encodeCsv({ x: hostArray(new Float32Array(2)) }, { delimiter })).toThrow(formatError)
  })

  test('refuses columns of differing lengths, other shapes and float16', () => {
    const x = hostArray(new Float32Array(2))
    expect(() => encodeCsv({ x, y: hostArray(new Float32Array(3)) })).toThrow(formatError)
    expect(() => encodeCsv({ x: hostArray(new Float32Array(2), [2, 1]) })).toThrow(formatError)
    expect(() => encodeCsv({ x: hostArray(new Uint16Array(2), [2], 'float16') })).toThrow(formatError)
  })
})
