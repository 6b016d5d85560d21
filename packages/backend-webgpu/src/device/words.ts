import { allocate, byteSize, type DType, type TypedArray } from '@gradloom/core'

/** Writes elements as the device has them, a word each or half of one, to `to` from byte `offset` on. */
export function writeWords(data: TypedArray, dtype: DType, to: ArrayBuffer, offset: number): void {
  if (dtype === 'bool') new Uint32Array(to, offset, data.length).set(data)
  else new Uint8Array(to, offset, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

/** A copy of `size` elements from what the device gave. */
export function readWords(from: ArrayBuffer, offset: number, size: number, dtype: DType): TypedArray {
  const data = allocate(dtype, size)
  copyWords(from, offset, data, dtype)
  return data
}

export function copyWords(from: ArrayBuffer, offset: number, data: TypedArray, dtype: DType): void {
  if (dtype === 'bool') data.set(new Uint32Array(from, offset, data.length))
  else new Uint8Array(data.buffer, data.byteOffset, data.byteLength).set(new Uint8Array(from, offset, data.byteLength))
}

/** Bytes that elements take on the device: whole words, as nothing else is copied or bound, and one at least. */
export const wordBytes = (size: number, dtype: DType): number =>
  Math.max(4, Math.ceil((size * byteSize(dtype)) / 4) * 4)
