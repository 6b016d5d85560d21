import { hostArray } from '@gradloom/core'
import type { HostArray } from '@gradloom/core'
import { asHostArray } from './array-like.ts'
import type { ArrayLike } from './array-like.ts'
import { concatBytes, decodeText, viewOf } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { decodeElements, encodeElements, isElementType } from './elements.ts'
import { openFile } from './open-file.ts'
import type { LimitOptions, Spend } from './open-file.ts'
import { refuse } from './refuse.ts'
import { toRowMajor } from './row-major.ts'

const magic = '\x93NUMPY'

// NumPy's own limit for files that nobody vouches for.
const maxHeaderByteLength = 10_000

/** The entries of the header's dict, sorted. Integers of Python 2 end with an L. */
const entries = /^'descr':'([<>|])(b1|[fiu]\d)','fortran_order':(True|False),'shape':\(((?:\d+L?,)*(?:\d+L?)?)\)$/

/**
 * Reads a NumPy `.npy` file of versions 1 to 3, either byte order, C or Fortran layout (the result is row-major).
 *
 * Floats of 16, 32, 64 bits, int32, uint32 and bool keep their dtype; smaller integers become int32; int64 and uint64
 * become int32 and uint32 where every value fits. Nothing is ever unpickled. The header may take 10 kB.
 * A float16 array holds its bits.
 * @throws FormatError for objects, text, complex and structured types, damaged, cut or hostile files, and those over
 * `maxBytes`
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @example
 * decodeNpy(encodeNpy(hostArray(new Float32Array([1, 2])))).array() // [1, 2]
 */
export function decodeNpy(file: Bytes, options: LimitOptions = {}): HostArray {
  const what = 'npy'
  const { bytes, spend } = openFile(what, file, options, {})
  return readNpy(bytes, what, spend)
}

/** What `decodeNpy` does, for a file that counts with others; `what` names it in errors. */
export function readNpy(bytes: Uint8Array, what: string, spend: Spend): HostArray {
  const version = bytes[6]
  if (String.fromCharCode(...bytes.subarray(0, 6)) !== magic || !(version > 0 && version < 4) || bytes.length < 12)
    refuse(what, 'NUMPY and version 1 to 3', [...bytes.subarray(0, 7)])
  const prefix = version > 1 ? 12 : 10
  const length = version > 1 ? viewOf(bytes).getUint32(8, true) : viewOf(bytes).getUint16(8, true)
  const start = prefix + length
  if (length > maxHeaderByteLength || start > bytes.length) refuse(what, 'a header within the file and 10 kB', length)
  const text = decodeText(bytes.subarray(prefix, start), what)
  // Spaces that part two numbers stay, and are refused.
  const [, body = ''] = /^\{(.*?),?\}$/.exec(text.replace(/\s*([{}(),:])\s*/g, '$1')) ?? []
  const sorted = body
    .split(/,(?=')/)
    .sort()
    .join()
  const [, order, code = '', fortran, list = ''] = entries.exec(sorted) ?? []
  const type = code === 'b1' ? 'BOOL' : `${code[0]?.toUpperCase()}${8 * Number(code[1])}`
  if (!isElementType(type)) refuse(what, 'a numeric descr, fortran_order and shape', text)
  const shape = Array.from(list.match(/\d+/g) ?? [], Number)
  const array = decodeElements(bytes.subarray(start), type, order !== '>', shape, what, spend)
  return fortran === 'True' ? hostArray(toRowMajor(array.data, shape), shape, array.dtype) : array
}

/**
 * Writes a NumPy `.npy` file, byte for byte as `numpy.save` of version 1.24 or later does.
 * @throws FormatError for a shape that takes more than 10 kB to write down; ShapeError or DTypeError for an array that
 * disagrees with itself
 * @example
 * encodeNpy(hostArray(new Float32Array([1, 2]))).length // 128 + 8
 */
export function encodeNpy(array: ArrayLike): Uint8Array {
  const checked = asHostArray(array, 'npy')
  const { shape, dtype } = checked
  const list = shape.length === 1 ? `${shape},` : shape.join(', ')
  const type = dtype === 'bool' ? '|b1' : `<${dtype[0]}${checked.data.BYTES_PER_ELEMENT}`
  let text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${list}), }`
  // NumPy leaves room for the first size to grow to 21 digits.
  if (shape.length) text += ' '.repeat(21 - `${shape[0]}`.length)
  const start = Math.ceil((text.length + 11) / 64) * 64
  if (start > maxHeaderByteLength) refuse('npy', 'a header within 10 kB', shape)
  const length = String.fromCharCode((start - 10) & 255, (start - 10) >> 8)
  const header = `${magic}\x01\0${length}${text.padEnd(start - 11)}\n`
  return concatBytes([Uint8Array.from(header, (c) => c.charCodeAt(0)), encodeElements(checked, true)])
}
