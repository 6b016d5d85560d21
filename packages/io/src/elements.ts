import { allocate, hostArray } from '@gradloom/core'
import type { DType, HostArray, TypedArray } from '@gradloom/core'
import { asBytes, countElements } from './bytes.ts'
import type { Spend } from './open-file.ts'
import { refuse } from './refuse.ts'

/** An element type of a file, by safetensors' names. */
export type ElementType =
  | 'BOOL'
  | 'U8'
  | 'I8'
  | 'U16'
  | 'I16'
  | 'U32'
  | 'I32'
  | 'U64'
  | 'I64'
  | 'F16'
  | 'BF16'
  | 'F32'
  | 'F64'

/** Arrays with the layout of the elements. Floats of 16 bits are held as their bits. */
const arrays = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  U16: Uint16Array,
  I16: Int16Array,
  U32: Uint32Array,
  I32: Int32Array,
  U64: BigUint64Array,
  I64: BigInt64Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  F32: Float32Array,
  F64: Float64Array,
}

/** How files hold each dtype. */
export const typeOf: { readonly [dtype in DType]: ElementType } = {
  float64: 'F64',
  float32: 'F32',
  uint32: 'U32',
  int32: 'I32',
  float16: 'F16',
  bool: 'BOOL',
}

export const isElementType = (type: unknown): type is ElementType => Object.hasOwn(arrays, type as PropertyKey)

/** Bytes of an element. */
export const widthOf = (type: ElementType): number => arrays[type].BYTES_PER_ELEMENT

/** Elements in file order as an array of their layout. @throws FormatError for a wrong number of bytes */
export function readElements(
  bytes: Uint8Array,
  type: ElementType,
  littleEndian: boolean,
  shape: unknown,
  what: string,
): TypedArray {
  const width = widthOf(type)
  if (countElements(shape, what) * width !== bytes.length) refuse(what, `${bytes.length / width} elements`, shape)
  // The copy aligns the data and parts it from the file's memory.
  const copy = new Uint8Array(bytes)
  if (!littleEndian) swapBytes(copy, width)
  return new (arrays[type] as Uint8ArrayConstructor)(copy.buffer)
}

/** Elements in file order as a host array. All values are kept: small integers become int32, bfloat16 becomes float32,
 * and 64-bit integers become int32 (signed) or uint32 (unsigned) where every value fits.
 * @throws FormatError for a wrong number of bytes, a 64-bit integer that does not fit, or a bool other than 0 and 1 */
export function decodeElements(
  bytes: Uint8Array,
  type: ElementType,
  littleEndian: boolean,
  size: unknown,
  what: string,
  spend: Spend,
): HostArray {
  const dtype = (Object.keys(typeOf) as DType[]).find((name) => typeOf[name] === type)
  // What has no dtype of its own takes one of 32 bits.
  spend(dtype ? bytes.length : (bytes.length / widthOf(type)) * 4)
  const raw = readElements(bytes, type, littleEndian, size, what)
  const shape = size as number[]
  const bad = type === 'BOOL' && raw.find((byte) => byte > 1)
  if (bad) refuse(what, 'bools of 0 and 1', bad)
  if (dtype) return hostArray(raw, shape, dtype)
  if (type === 'BF16') return hostArray(new Float32Array(Uint32Array.from(raw, (bits) => bits << 16).buffer), shape)
  const data = allocate(type === 'U64' ? 'uint32' : 'int32', raw.length)
  raw.forEach((value, i) => {
    // Exact where it fits: `value` may be a BigInt.
    data[i] = Number(value)
    if (data[i] !== Number(value)) refuse(what, 'integers of 32 bits', `${value}`)
  })
  return hostArray(data, shape)
}

/** The bytes of an array in file order: a view of its data where that is little-endian. */
export function encodeElements({ data, dtype }: HostArray, littleEndian: boolean): Uint8Array {
  const bytes = asBytes(data, dtype)
  return littleEndian ? bytes : swapBytes(new Uint8Array(bytes), data.BYTES_PER_ELEMENT)
}

/** Engines with WebAssembly, which the CPU backend needs, have little-endian typed arrays. */
function swapBytes(bytes: Uint8Array, width: number): Uint8Array {
  for (let start = 0; width > 1 && start < bytes.length; start += width)
    for (let i = start, j = start + width; i < --j; i++) [bytes[i], bytes[j]] = [bytes[j], bytes[i]]
  return bytes
}
