import type { HostArray } from '@gradloom/core'
import { asBytes } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { decodeElements, isElementType } from './elements.ts'
import { refuse } from './refuse.ts'
import { readSafetensorsHeader } from './safetensors-header.ts'

export interface Safetensors {
  /** By name, in the order of the data. */
  readonly tensors: Map<string, HostArray>
  readonly metadata: ReadonlyMap<string, string>
}

/**
 * Reads a safetensors file, as PyTorch and the Hugging Face tools write them. Data is copied out of the file.
 *
 * F64 F32 F16 I32 U32 BOOL keep their bits. BF16 becomes float32; I8 U8 I16 U16 become int32; I64 and U64 become int32
 * and uint32 where every value fits. Limits are those of `readSafetensorsHeader`.
 * @throws FormatError for damaged, cut or hostile files, for floats of 4, 6 and 8 bits and C64, and integers over 32
 * bits
 * @see https://github.com/huggingface/safetensors#format
 * @example
 * const { tensors } = decodeSafetensors(encodeSafetensors({ w: hostArray(new Float32Array([1, 2])) }))
 * tensors.get('w')?.array() // [1, 2]
 */
export function decodeSafetensors(file: Bytes): Safetensors {
  const bytes = asBytes(file)
  const { entries, metadata } = readSafetensorsHeader(bytes)
  const tensors = [...entries].map(([name, { dtype, shape, byteOffset, byteLength }]) => {
    const [, kind, bits] = /^(BF|[FIU])(\d+)$/.exec(dtype) ?? []
    const type = dtype === 'BOOL' ? 'b1' : `${kind?.toLowerCase()}${Number(bits) / 8}`
    const what = `safetensors: ${name}`
    if (!isElementType(type)) refuse(what, 'integers, BOOL or floats from 16 bits', dtype)
    return [name, decodeElements(bytes.subarray(byteOffset, byteOffset + byteLength), type, true, shape, what)] as const
  })
  return { tensors: new Map(tensors), metadata }
}
