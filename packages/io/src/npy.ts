import { hostArray } from '@gradloom/core'
import type { HostArray } from '@gradloom/core'
import { asBytes, concatBytes, decodeText, viewOf } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { decodeElements, encodeElements, isElementType, typeOf } from './elements.ts'
import type { ArrayLike } from './elements.ts'
import { parseObject } from './json.ts'
import { refuse } from './refuse.ts'
import { toRowMajor } from './row-major.ts'

const magic = '\x93NUMPY'

// NumPy's own limit for files that nobody vouches for.
const maxHeaderByteLength = 10_000

/** A Python dict of text, bools and tuples of integers (of Python 2 with an L) as JSON. */
const toJson = (dict: string): string =>
  dict
    .replace(/'/g, '"')
    .replace(/\(/g, '[')
    .replace(/,?\s*\)/g, ']')
    .replace(/,\s*\}/, '}')
    .replace(/(\d)L/g, '$1')
    .replace('False', 'false')
    .replace('True', 'true')

/**
 * Reads a NumPy `.npy` file of versions 1 to 3, either byte order, C or Fortran layout (the result is row-major).
 *
 * Floats of 16, 32, 64 bits, int32, uint32 and bool keep their dtype; smaller integers become int32; int64 and uint64
 * become int32 and uint32 where every value fits. Nothing is ever unpickled. The header may take 10 kB. `what` names
 * the file in errors.
 * @throws FormatError for objects, text, complex and structured types, and damaged, cut or hostile files
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @example
 * decodeNpy(encodeNpy(hostArray(new Float32Array([1, 2])))).array() // [1, 2]
 */
export function decodeNpy(file: Bytes, what: string = 'npy'): HostArray {
  const bytes = asBytes(file)
  const version = bytes[6]
  if (String.fromCharCode(...bytes.subarray(0, 6)) !== magic || !(version > 0 && version < 4) || bytes.length < 12)
    refuse(what, 'NUMPY and version 1 to 3', [...bytes.subarray(0, 7)])
  const prefix = version > 1 ? 12 : 10
  const length = version > 1 ? viewOf(bytes).getUint32(8, true) : viewOf(bytes).getUint16(8, true)
  const start = prefix + length
  if (length > maxHeaderByteLength || start > bytes.length) refuse(what, 'a header within the file and 10 kB', length)
  const text = decodeText(bytes.subarray(prefix, start), what)
  const { descr, fortran_order: fortran, shape, ...rest } = parseObject(toJson(text), what)
  const [, order, type] = /^([<>|])(\w\d)$/.exec(descr as string) ?? []
  if (!isElementType(type) || typeof fortran !== 'boolean' || Object.keys(rest).length)
    refuse(what, 'a numeric descr, fortran_order and shape', text)
  const array = decodeElements(bytes.subarray(start), type, order !== '>', shape as number[], what)
  return fortran ? hostArray(toRowMajor(array.data, array.shape), array.shape, array.dtype) : array
}

/**
 * Writes a NumPy `.npy` file, byte for byte as `numpy.save` of version 1.24 or later does.
 * @throws FormatError for a shape that takes more than 10 kB to write down; ShapeError or DTypeError for an array that
 * disagrees with itself
 * @example
 * encodeNpy(hostArray(new Float32Array([1, 2]))).length // 128 + 8
 */
export function encodeNpy(array: ArrayLike): Uint8Array {
  const { shape, dtype } = array
  const list = shape.length === 1 ? `${shape},` : shape.join(', ')
  const type = typeOf[dtype]
  let text = `{'descr': '${type === 'b1' ? '|' : '<'}${type}', 'fortran_order': False, 'shape': (${list}), }`
  // NumPy leaves room for the first size to grow to 21 digits.
  if (shape.length) text += ' '.repeat(21 - `${shape[0]}`.length)
  const start = Math.ceil((text.length + 11) / 64) * 64
  if (start > maxHeaderByteLength) refuse('npy', 'a header within 10 kB', shape)
  const length = String.fromCharCode((start - 10) & 255, (start - 10) >> 8)
  const header = `${magic}\x01\0${length}${text.padEnd(start - 11)}\n`
  return concatBytes([Uint8Array.from(header, (c) => c.charCodeAt(0)), encodeElements(array, true)])
}
