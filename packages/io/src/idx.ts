import { hostArray } from '@gradloom/core'
import type { HostArray } from '@gradloom/core'
import { asBytes, concatBytes, countElements, viewOf } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { decodeElements, encodeElements, typeOf, widthOf } from './elements.ts'
import type { ArrayLike, ElementType } from './elements.ts'
import { inflate } from './inflate.ts'
import { refuse } from './refuse.ts'
import { toNumeric } from './to-numeric.ts'
import type { NumericDType } from './to-numeric.ts'

/** From code 8; there is no 10. */
const types = ['u1', 'i1', '', 'i2', 'i4', 'f4', 'f8']

export interface IdxOptions {
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
  let bytes = asBytes(file)
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    bytes = await inflate(bytes, 'gzip', (head) => readHeader(head)?.end, what)
  const header = readHeader(bytes)
  if (header?.end !== bytes.length) refuse(what, `a file of ${header?.end ?? 'more'} bytes`, bytes.length)
  const array = decodeElements(bytes.subarray(header.start), header.type, false, header.shape, what)
  const { shape, dtype, data } = array
  const { scale = 1, dtype: to = dtype as NumericDType } = options
  // A conversion that changes nothing could still change the bits of a NaN.
  return scale === 1 && to === dtype ? array : hostArray(toNumeric(data, to, what, scale), shape)
}

/** Undefined where the header is not whole yet. */
function readHeader(bytes: Uint8Array): { shape: number[]; type: ElementType; start: number; end: number } | undefined {
  const start = 4 + 4 * bytes[3]
  // A comparison with NaN is false too.
  if (!(bytes.length >= start)) return undefined
  const type = types[bytes[2] - 8] as ElementType
  if (bytes[0] || bytes[1] || !type) refuse(what, '0, 0 and a type from 8 to 14', [...bytes.subarray(0, 3)])
  const view = viewOf(bytes)
  const shape = Array.from({ length: bytes[3] }, (_, axis) => view.getUint32(4 + 4 * axis))
  return { shape, type, start, end: start + countElements(shape, what) * widthOf(type) }
}

/**
 * Writes an IDX file: int32, float32 or float64.
 * @throws FormatError for other dtypes and more than 255 axes; ShapeError or DTypeError for an array that disagrees
 * with itself
 * @example
 * encodeIdx(hostArray(new Int32Array([7]))) // 0 0 12 1  0 0 0 1  0 0 0 7
 */
export function encodeIdx(array: ArrayLike): Uint8Array {
  const { shape, dtype } = array
  const code = types.indexOf(typeOf[dtype])
  if (code < 0 || shape.length > 255) refuse(what, 'int32, float32 or float64 of 255 axes', [dtype, shape])
  const sizes = hostArray(Uint32Array.from(shape))
  return concatBytes([
    Uint8Array.of(0, 0, code + 8, shape.length),
    encodeElements(sizes, false),
    encodeElements(array, false),
  ])
}
