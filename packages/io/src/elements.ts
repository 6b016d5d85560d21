import { allocate, hostArray } from '@gradloom/core'
import type { DType, HostArray, TypedArray } from '@gradloom/core'
import { asBytes, countElements } from './bytes.ts'
import { refuse } from './refuse.ts'

/** An element type of a file, by NumPy's codes (kind, bytes); bf2 is bfloat16. */
export type ElementType = 'b1' | 'u1' | 'i1' | 'u2' | 'i2' | 'u4' | 'i4' | 'u8' | 'i8' | 'f2' | 'bf2' | 'f4' | 'f8'

/** Arrays with the layout of the elements. Floats of 16 bits are held as their bits. */
const arrays = {
  b1: Uint8Array,
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
  f2: Uint16Array,
  bf2: Uint16Array,
  f4: Float32Array,
  f8: Float64Array,
}

/** How files hold each dtype. */
export const typeOf: { readonly [dtype in DType]: ElementType } = {
  float64: 'f8',
  float32: 'f4',
  uint32: 'u4',
  int32: 'i4',
  float16: 'f2',
  bool: 'b1',
}

export const isElementType = (type: unknown): type is ElementType => Object.hasOwn(arrays, type as PropertyKey)

/** Bytes of an element. */
export const widthOf = (type: ElementType): number => arrays[type].BYTES_PER_ELEMENT

/** Elements in file order as an array. All values are kept: small integers become int32, bfloat16 becomes float32, and
 * 64-bit integers become int32 (signed) or uint32 (unsigned) where every value fits.
 * @throws FormatError for a wrong number of bytes, a 64-bit integer that does not fit, or a bool other than 0 and 1 */
export function decodeElements(
  bytes: Uint8Array,
  type: ElementType,
  littleEndian: boolean,
  shape: readonly number[],
  what: string,
): HostArray {
  const width = widthOf(type)
  if (countElements(shape, what) * width !== bytes.length) refuse(what, `${bytes.length / width} elements`, shape)
  // The copy aligns the data and parts it from the file's memory.
  const raw = new (arrays[type] as Uint8ArrayConstructor)(
    (littleEndian ? new Uint8Array(bytes) : swapBytes(new Uint8Array(bytes), width)).buffer,
  ) as TypedArray
  const dtype = (Object.keys(typeOf) as DType[]).find((name) => typeOf[name] === type)
  const bad = type === 'b1' && raw.find((byte) => byte > 1)
  if (bad) refuse(what, 'bools of 0 and 1', bad)
  if (dtype) return hostArray(raw, shape, dtype)
  if (type === 'bf2') return hostArray(new Float32Array(Uint32Array.from(raw, (bits) => bits << 16).buffer), shape)
  const data = allocate(type === 'u8' ? 'uint32' : 'int32', raw.length)
  if (width < 8) data.set(raw)
  else
    raw.forEach((value, i) => {
      // Exact where it fits: `value` is a BigInt.
      data[i] = Number(value)
      if (data[i] !== Number(value)) refuse(what, 'integers of 32 bits', `${value}`)
    })
  return hostArray(data, shape)
}

/** The bytes of an array in file order: a view of its data where that is little-endian.
 * @throws ShapeError or DTypeError where data, shape and dtype disagree */
export function encodeElements({ data, shape, dtype }: ArrayLike, littleEndian: boolean): Uint8Array {
  hostArray(data, shape, dtype)
  const width = data.BYTES_PER_ELEMENT
  if (width !== widthOf(typeOf[dtype])) refuse(dtype, 'an array of its bits', width)
  const bytes = asBytes(data)
  return littleEndian ? bytes : swapBytes(new Uint8Array(bytes), width)
}

/** Engines with WebAssembly, which the CPU backend needs, have little-endian typed arrays. */
function swapBytes(bytes: Uint8Array, width: number): Uint8Array {
  for (let start = 0; width > 1 && start < bytes.length; start += width)
    for (let i = start, j = start + width; i < --j; i++) [bytes[i], bytes[j]] = [bytes[j], bytes[i]]
  return bytes
}

/** What the encoders need of an array; every `HostArray` has it. */
export interface ArrayLike {
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly data: TypedArray
}
