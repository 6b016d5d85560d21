import { asBytes, countElements, decodeText, isSize, viewOf, wholeText } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { asMap, parseObject } from './json.ts'
import { refuse } from './refuse.ts'

export interface SafetensorsEntry {
  /** The format's name, such as F32; also one that `decodeSafetensors` can't read. */
  readonly dtype: string
  readonly shape: readonly number[]
  /** From the start of the file. */
  readonly byteOffset: number
  readonly byteLength: number
}

export interface SafetensorsHeader {
  /** By name, in the order of the data. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>
  readonly metadata: ReadonlyMap<string, string>
}

// Room for 80,000 tensors. The official limit is 100 MB, but JSON of that size can take more memory than a page has.
export const maxHeaderByteLength = 10_000_000

const what = 'safetensors'

/**
 * Reads and checks the header of a whole safetensors file: every size and offset, but no tensor.
 *
 * The header may take 10 MB. The data must cover the rest of the file without gaps, overlaps or spare bytes. Names may
 * be any text, also `__proto__`, but each only once.
 * @throws FormatError for anything else, also a file cut at any byte
 * @see https://github.com/huggingface/safetensors#format
 */
export function readSafetensorsHeader(file: Bytes): SafetensorsHeader {
  const bytes = asBytes(file, what)
  const length = bytes.length < 8 ? Infinity : Number(viewOf(bytes).getBigUint64(0, true))
  if (length > Math.min(maxHeaderByteLength, bytes.length - 8) || bytes[8] !== 0x7b)
    refuse(what, 'a header from { on within the file and 10 MB', length)
  const start = 8 + length
  const metadata = new Map<string, string>()
  const members = parseObject(decodeText(bytes.subarray(8, start), what), what, (name, value) => {
    if (name !== '__metadata__') return readEntry(wholeText(name, what), value, start)
    for (const [key, item] of asMap(value ?? metadata, what)) metadata.set(key, wholeText(item, what))
    return undefined
  })
  const entries = [...members]
    .filter((member): member is [string, SafetensorsEntry] => !!member[1])
    .sort(([, a], [, b]) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength)
  let end = start
  for (const [name, { byteOffset, byteLength }] of entries) {
    if (byteOffset !== end) refuse(what, `data at ${end - start}`, [name, byteOffset - start])
    end += byteLength
  }
  if (end !== bytes.length) refuse(what, `a file of ${end} bytes`, bytes.length)
  return { entries: new Map(entries), metadata }
}

function readEntry(name: string, value: unknown, start: number): SafetensorsEntry {
  const fields = asMap(value, `${what}: ${name}`)
  const dtype = wholeText(fields.get('dtype'), what)
  const shape = fields.get('shape') as number[]
  const offsets = fields.get('data_offsets')
  const [from, to] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : []
  // The first number in a name is the bits of an element, as in F8_E4M3; a BOOL has 8.
  const byteLength = (countElements(shape, what) * Number(/\d+/.exec(dtype) ?? 8)) / 8
  if (!isSize(from) || !isSize(to) || to - from !== byteLength)
    refuse(`${what}: ${name}`, `offsets of ${byteLength} bytes`, offsets)
  return { dtype, shape, byteOffset: start + from, byteLength }
}
