import type { HostArray } from '@gradloom/core'
import type { Bytes } from './bytes.ts'
import { decodeElements, isElementType } from './elements.ts'
import type { ElementType } from './elements.ts'
import { openFile } from './open-file.ts'
import type { LimitOptions } from './open-file.ts'
import { refuse } from './refuse.ts'
import { readSafetensorsHeader } from './safetensors-header.ts'
import type { SafetensorsEntry } from './safetensors-header.ts'

export interface Safetensors {
  /** By name, in the order of the data. */
  readonly tensors: Map<string, HostArray>
  readonly metadata: ReadonlyMap<string, string>
  /** What `skipUnknown` left out: dtype, shape and place in the file. */
  readonly skipped: ReadonlyMap<string, SafetensorsEntry>
}

export interface SafetensorsDecodeOptions extends LimitOptions {
  /** Whether tensors of dtypes that no array here has are left out and listed in `skipped`. Left out: false. */
  readonly skipUnknown?: boolean
}

const what = 'safetensors'

/**
 * Reads a safetensors file, as PyTorch and the Hugging Face tools write them. Data is copied out of the file.
 *
 * F64 F32 F16 I32 U32 BOOL keep dtype and bits; a float16 array holds its bits. BF16 becomes float32, which has all its
 * values; I8 U8 I16 U16 become int32; I64 and U64 become int32 and uint32 where every value fits. Limits of the header
 * are those of `readSafetensorsHeader`.
 * @throws FormatError for damaged, cut or hostile files, integers over 32 bits, files over `maxBytes`, and, without
 * `skipUnknown`, for other dtypes (floats of 4, 6 and 8 bits, C64), naming the tensors
 * @see https://github.com/huggingface/safetensors#format
 * @example
 * const { tensors } = decodeSafetensors(encodeSafetensors({ w: hostArray(new Float32Array([1, 2])) }))
 * tensors.get('w')?.array() // [1, 2]
 */
export function decodeSafetensors(file: Bytes, options: SafetensorsDecodeOptions = {}): Safetensors {
  const { bytes, skipUnknown, spend } = openFile(what, file, options, { skipUnknown: false })
  const { entries, metadata } = readSafetensorsHeader(bytes)
  const skipped = new Map([...entries].filter(([, { dtype }]) => !isElementType(dtype)))
  if (skipped.size && !skipUnknown)
    refuse(
      what,
      'integers, BOOL or floats from 16 bits (skipUnknown leaves out others)',
      [...skipped].slice(0, 9).map(([name, { dtype }]) => `${name.slice(0, 40)} ${dtype}`),
    )
  const tensors = new Map<string, HostArray>()
  for (const [name, { dtype, shape, byteOffset, byteLength }] of entries) {
    if (skipped.has(name)) continue
    const data = bytes.subarray(byteOffset, byteOffset + byteLength)
    tensors.set(name, decodeElements(data, dtype as ElementType, true, shape, `${what}: ${name}`, spend))
  }
  return { tensors, metadata, skipped }
}
