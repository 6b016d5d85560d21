import { hostArray } from '@gradloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeNpy, encodeNpy } from '../src/index.ts'
import { anyArray, bitsOf, bytes, formatError, fromBase64 } from './helpers.ts'

// Written by numpy.save of NumPy 1.24.2.
const fromNumPy = {
  c: fromBase64(
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAACAPwAAAEAAAEBAAACAQAAAoEA=',
  ),
  fortran: fromBase64(
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAABAQAAAgD8AAIBAAAAAQAAAoEA=',
  ),
  scalar: fromBase64(
    'k05VTVBZAQB2AHsnZGVzY3InOiAnfGIxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoB',
  ),
  bigEndian: fromBase64(
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPmkyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAr//gEs',
  ),
  int64: fromBase64(
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAr//////////wUAAAAAAAAA',
  ),
}

const npy = (header: string, data: readonly number[] = [], version = 1): Uint8Array => {
  const length =
    version === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0]
  return bytes([0x93], 'NUMPY', [version, 0], length, header, data)
}
const header = (fields: { descr?: string; fortran?: string; shape?: string } = {}): string =>
  `{'descr': ${fields.descr ?? "'|u1'"}, 'fortran_order': ${fields.fortran ?? 'False'}, 'shape': ${fields.shape ?? '(2,)'}, }\n`

describe('decodeNpy', () => {
  test('reads what NumPy writes', () => {
    expect(decodeNpy(fromNumPy.c).array()).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ])
    expect(decodeNpy(fromNumPy.fortran).array()).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ])
    expect(decodeNpy(fromNumPy.scalar).array()).toBe(true)
    expect(decodeNpy(fromNumPy.bigEndian).array()).toEqual([-2, 300])
    expect(decodeNpy(fromNumPy.int64)).toMatchObject({ dtype: 'int32', data: Int32Array.of(-1, 5) })
  })

  test('turns column-major data of three axes to row-major', () => {
    const data = Array.from({ length: 24 }, (_, i) => i)
    const at = (i: number, j: number, k: number): number => i + 2 * j + 6 * k
    expect(decodeNpy(npy(header({ fortran: 'True', shape: '(2, 3, 4)' }), data)).array()).toEqual(
      [0, 1].map((i) => [0, 1, 2].map((j) => [0, 1, 2, 3].map((k) => at(i, j, k)))),
    )
  })

  test.each([
    ["'|b1'", [1], 'bool', 1],
    ["'|i1'", [0xfe], 'int32', -2],
    ["'|u1'", [0xfe], 'int32', 254],
    ["'<u2'", [0xfe, 0xff], 'int32', 65534],
    ["'>u4'", [0xff, 0xff, 0xff, 0xfe], 'uint32', 4294967294],
    ["'<u8'", [0xfe, 255, 255, 255, 0, 0, 0, 0], 'uint32', 4294967294],
    ["'>f2'", [0xc1, 0], 'float16', -2.5],
    ["'>f4'", [0xc0, 0x20, 0, 0], 'float32', -2.5],
    ["'<f8'", [0, 0, 0, 0, 0, 0, 4, 0xc0], 'float64', -2.5],
  ])('reads elements of %s', (descr, data, dtype, value) => {
    const array = decodeNpy(npy(header({ descr, shape: '()' }), data))
    expect(array.dtype).toBe(dtype)
    expect(array.item()).toBe(value)
  })

  test('reads versions 2 and 3, integers of Python 2, other orders of keys and less space', () => {
    expect(decodeNpy(npy(header(), [1, 2], 2)).array()).toEqual([1, 2])
    expect(decodeNpy(npy(header(), [1, 2], 3)).array()).toEqual([1, 2])
    expect(decodeNpy(npy("{'shape': (2L, 1L), 'fortran_order': False, 'descr': '|u1'}", [1, 2])).array()).toEqual([
      [1],
      [2],
    ])
    expect(decodeNpy(npy("{'descr':'|u1','fortran_order':False,'shape':(2,)}", [1, 2])).array()).toEqual([1, 2])
  })

  test.each([
    ['nothing', bytes()],
    ['another magic', bytes('NUMPY', fromNumPy.c.subarray(5))],
    ['version 0', npy(header(), [1, 2], 0)],
    ['version 4', npy(header(), [1, 2], 4)],
    ['objects', npy(header({ descr: "'|O'" }), [1, 2])],
    ['text', npy(header({ descr: "'<U1'", shape: '()' }), [1, 2, 3, 4])],
    ['complex numbers', npy(header({ descr: "'<c8'", shape: '()' }), [1, 2, 3, 4, 5, 6, 7, 8])],
    ['structured types', npy(header({ descr: "[('a', '|u1')]" }), [1, 2])],
    ['a dtype from the prototype', npy(header({ descr: "'<constructor'" }), [1, 2])],
    ['bfloat16 by a name that NumPy does not have', npy(header({ descr: "'<bf2'", shape: '()' }), [1, 2])],
    ['a kind in capitals', npy(header({ descr: "'|U1'" }), [1, 2])],
    ['bools of two bytes', npy(header({ descr: "'|b2'" }), [1, 0, 1, 0])],
    ['native byte order', npy(header({ descr: "'=u1'" }), [1, 2])],
    ['a third truth', npy(header({ fortran: 'Maybe' }), [1, 2])],
    ['a shape that is a number', npy(header({ shape: '2' }), [1, 2])],
    ['a negative size', npy(header({ shape: '(-2,)' }), [1, 2])],
    ['a size with a fraction', npy(header({ shape: '(2.5,)' }), [1, 2])],
    ['sizes without commas', npy(header({ shape: '(1 2,)' }), [1, 2])],
    ['a size over 2^53', npy(header({ shape: '(99999999999999999999999,)' }), [1, 2])],
    ['sizes whose product overflows', npy(header({ shape: '(4294967296, 4294967296, 4294967296)' }), [1, 2])],
    ['column-major sizes beyond the data', npy(header({ fortran: 'True', shape: '(1000, 1000, 1000)' }), [1, 2])],
    ['one byte too few', npy(header(), [1])],
    ['one byte too many', npy(header(), [1, 2, 3])],
    ['data of half an element', npy(header({ descr: "'<f4'", fortran: 'True', shape: '(1, 1)' }), [1, 2, 3, 4, 5])],
    ['a key too few', npy("{'descr': '|u1', 'shape': (2,), }", [1, 2])],
    ['a key too many', npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), 'x': 1}", [1, 2])],
    ['a key twice', npy("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", [1, 2])],
    ['keys inside of text', npy(`{'descr': '|u1', 'fortran_order': False, 'x': "'shape': (2,)"}`, [1, 2])],
    ['a call', npy("{'descr': '|u1', 'fortran_order': False, 'shape': exit(2,), }", [1, 2])],
    ['no dict', npy('2', [1, 2])],
    ['an empty header', npy('', [1, 2])],
    ['a header of other bytes than text', npy('\xff\xfe', [1, 2])],
    ['a header longer than the file', bytes([0x93], 'NUMPY', [2, 0], [255, 255, 255, 255], header(), [1, 2])],
    ['a bool of 2', npy(header({ descr: "'|b1'" }), [1, 2])],
    ['an integer beyond 32 bits', npy(header({ descr: "'<i8'", shape: '()' }), [0, 0, 0, 0, 1, 0, 0, 0])],
  ])('refuses %s', (_, file) => {
    expect(() => decodeNpy(file)).toThrow(formatError)
  })

  test('refuses every cut', () => {
    for (const file of Object.values(fromNumPy))
      for (let length = 0; length < file.length; length++)
        expect(() => decodeNpy(file.subarray(0, length))).toThrow(formatError)
  })

  test('gives a typed error or a result for every changed byte', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(fromNumPy)), fc.nat(160), fc.nat(255), (file, at, value) => {
        const changed = file.slice()
        changed[at] = value
        try {
          decodeNpy(changed)
        } catch (error) {
          expect(error).toEqual(formatError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('refuses many axes and spaces quickly', () => {
    expect(() => decodeNpy(npy(header({ fortran: 'True', shape: `(${'2,'.repeat(4900)})` }), [1, 2]))).toThrow(
      formatError,
    )
    for (const part of ["'a': (", ',', ' ', '(', '{', "'", 'L'])
      expect(() => decodeNpy(npy(part.repeat(10_000 / part.length)))).toThrow(formatError)
    expect(() => decodeNpy(npy(header() + ' '.repeat(10_000), [1, 2]))).toThrow(formatError)
  })
})

describe('encodeNpy', () => {
  test('writes the bytes of NumPy', () => {
    expect(encodeNpy(hostArray(Float32Array.of(0, 1, 2, 3, 4, 5), [2, 3]))).toEqual(fromNumPy.c)
    expect(encodeNpy(hostArray(Uint8Array.of(1), [], 'bool'))).toEqual(fromNumPy.scalar)
  })

  test('gives every bit back', () => {
    fc.assert(
      fc.property(anyArray(['float32', 'float64', 'float16', 'int32', 'uint32', 'bool']), (array) => {
        expect(bitsOf(decodeNpy(encodeNpy(array)))).toEqual(bitsOf(array))
      }),
    )
  })

  test('refuses a shape that the header can not hold', () => {
    expect(() => encodeNpy(hostArray(new Float32Array(1), new Array<number>(5000).fill(1)))).toThrow(formatError)
  })
})
