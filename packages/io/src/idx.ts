import { byteSize, hostArray } from '@gradloom/core'
import type { HostArray } from '@gradloom/core'
import { asHostArray } from './array-like.ts'
import type { ArrayLike } from './array-like.ts'
import { concatBytes, countElements, viewOf } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { encodeElements, readElements, typeOf, widthOf } from './elements.ts'
import type { ElementType } from './elements.ts'
import { inflate } from './inflate.ts'
import { openFile } from './open-file.ts'
import type { LimitOptions } from './open-file.ts'
import { refuse } from './refuse.ts'
import { toNumeric } from './to-numeric.ts'
import type { NumericDType } from './to-numeric.ts'

/** From code 8; there is no 10. */
const types = ['U8', 'I8', '', 'I16', 'I32', 'F32', 'F64']

export interface IdxOptions extends LimitOptions {
  /** Of the result. Left out: int32 for integers, else the dtype of the file. */
  readonly dtype?: NumericDType
  /** Multiplies every value, in float64, before it becomes `dtype`: 1 / 255 makes images of 0 to 1. Left out: 1. */
  readonly scale?: number
}

const what = 'IDX'

/**
 * Reads an IDX file (MNIST's format), plain or gzipped: bytes 0 0, element type, rank; big-endian sizes; the elements.
 *
 * Types 8 (uint8), 9 (int8), 11 (int16), 12 (int32), 13 (float32), 14 (float64). A gzipped file never inflates to more
 * than its header announces.
 * @throws FormatError for anything else, also a file cut at any byte or a plain one with bytes to spare; DTypeError
 * where int32 can't hold a value
 * @see http://yann.lecun.com/exdb/mnist/
 * @example
 * const images = await decodeIdx(bytes, { dtype: 'float32', scale: 1 / 255 }) // [60000, 28, 28]
 */
export async function decodeIdx(file: Bytes, options: IdxOptions = {}): Promise<HostArray> {
  const known = { dtype: '' as NumericDType, scale: 1 }
  const { bytes: packed, dtype, scale, spend } = openFile(what, file, options, known)
  const isPacked = packed[0] === 0x1f && packed[1] === 0x8b
  // What the header announces is refused before it is inflated.
  const announced = (head: Uint8Array): number | undefined => {
    const header = readHeader(head)
    if (header) spend(header.count * byteSize(dtype || header.dtype) + (isPacked ? header.end : 0))
    return header?.end
  }
  const bytes = isPacked ? await inflate(packed, 'gzip', announced, what) : packed
  if (!isPacked) announced(bytes)
  const header = readHeader(bytes)
  if (header?.end !== bytes.length) refuse(what, `a file of ${header?.end ?? 'more'} bytes`, bytes.length)
  const data = readElements(bytes.subarray(header.start), header.type, false, header.shape, what)
  const to = dtype || header.dtype
  // A conversion that changes nothing could still change the bits of a NaN.
  const isKept = scale === 1 && to === header.dtype && typeOf[to] === header.type
  return hostArray(isKept ? data : toNumeric(data, to, what, scale), header.shape)
}

interface Header {
  readonly shape: readonly number[]
  readonly count: number
  readonly type: ElementType
  /** Of the result, where none is asked for. */
  readonly dtype: NumericDType
  readonly start: number
  readonly end: number
}

/** Undefined where the header is not whole yet. */
function readHeader(bytes: Uint8Array): Header | undefined {
  const start = 4 + 4 * bytes[3]
  // A comparison with NaN is false too.
  if (!(bytes.length >= start)) return undefined
  const type = types[bytes[2] - 8] as ElementType
  if (bytes[0] || bytes[1] || !type) refuse(what, '0, 0 and a type from 8 to 14', [...bytes.subarray(0, 3)])
  const view = viewOf(bytes)
  const shape = Array.from({ length: bytes[3] }, (_, axis) => view.getUint32(4 + 4 * axis))
  const count = countElements(shape, what)
  const dtype = type === 'F32' ? 'float32' : type === 'F64' ? 'float64' : 'int32'
  return { shape, count, type, dtype, start, end: start + count * widthOf(type) }
}

/**
 * Writes an IDX file: int32, float32 or float64.
 * @throws FormatError for other dtypes and more than 255 axes; ShapeError or DTypeError for an array that disagrees
 * with itself
 * @example
 * encodeIdx(hostArray(new Int32Array([7]))) // 0 0 12 1  0 0 0 1  0 0 0 7
 */
export function encodeIdx(array: ArrayLike): Uint8Array {
  const checked = asHostArray(array, what)
  const { shape, dtype } = checked
  const code = types.indexOf(typeOf[dtype])
  if (code < 0 || shape.length > 255) refuse(what, 'int32, float32 or float64 of 255 axes', [dtype, shape])
  const sizes = hostArray(Uint32Array.from(shape))
  return concatBytes([
    Uint8Array.of(0, 0, code + 8, shape.length),
    encodeElements(sizes, false),
    encodeElements(checked, false),
  ])
}
