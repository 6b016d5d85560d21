import { asBytes, countElements, decodeText, isSize, viewOf, wholeText } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { parseStrictJson } from './json.ts'
import { refuse } from './refuse.ts'

export interface SafetensorsEntry {
  /** The format's name, such as F32. */
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
const maxHeaderByteLength = 10_000_000

// The first number in a name is the bits of an element.
const dtypes = /^(BOOL|BF16|[IU](8|16|32|64)|[FC]64|F32|F16|F4|F6_E(2M3|3M2)|F8_E(5M2|4M3|8M0))$/

const what = 'safetensors'

/**
 * Reads and checks the header of a whole safetensors file: every dtype, size and offset, but no tensor.
 *
 * The header may take 10 MB. The data must cover the rest of the file without gaps, overlaps or spare bytes. Names may be
 * any text, also `__proto__`, but each only once.
 * @throws FormatError for anything else, also a file cut at any byte
 * @see https://github.com/huggingface/safetensors#format
 */
export function readSafetensorsHeader(file: Bytes): SafetensorsHeader {
  const bytes = asBytes(file)
  const length = bytes.length < 8 ? Infinity : Number(viewOf(bytes).getBigUint64(0, true))
  if (length > Math.min(maxHeaderByteLength, bytes.length - 8)) refuse(what, `a header within the file's ${bytes.length} bytes and 10 MB required`, length)
  const start = 8 + length
  const text = decodeText(bytes.subarray(8, start), what)
  const json = parseStrictJson(text, what)
  if (text[0] !== '{') refuse(what, 'a JSON object required', text)

  const { __metadata__, ...tensors } = json as Record<string, unknown>
  const metadata = Object.entries(asObject(__metadata__ ?? {}, what)).map(([key, item]) => [key, wholeText(item, what)] as const)
  const entries = Object.entries(tensors)
    .map(([name, value]) => [wholeText(name, what), readEntry(name, value, start)] as const)
    .sort(([, a], [, b]) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength)
  let end = start
  for (const [name, { byteOffset, byteLength }] of entries) {
    if (byteOffset !== end) refuse(what, `data at ${end - start} required`, [name, byteOffset - start])
    end += byteLength
  }
  if (end !== bytes.length) refuse(what, `a file of ${end} bytes required`, bytes.length)
  return { entries: new Map(entries), metadata: new Map(metadata) }
}

function readEntry(name: string, value: unknown, start: number): SafetensorsEntry {
  const { dtype, shape, data_offsets: offsets } = asObject(value, what)
  const count = countElements(shape, what)
  const [from, to] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : []
  const byteLength = (count * Number(/\d+/.exec(String(dtype)) ?? 8)) / 8
  if (typeof dtype !== 'string' || !dtypes.test(dtype) || !isSize(from) || !isSize(to) || to - from !== byteLength)
    refuse(what, `a known dtype and ${byteLength} bytes required`, { [name]: value })
  return { dtype, shape: shape as number[], byteOffset: start + from, byteLength }
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || !value || Array.isArray(value)) refuse(what, 'an object required', value)
  return value as Record<string, unknown>
}
