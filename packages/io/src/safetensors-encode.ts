import { hostArrays } from './array-like.ts'
import type { NamedArrays } from './array-like.ts'
import { asBytes, concatBytes, encodeText, wholeText } from './bytes.ts'
import { encodeElements, typeOf } from './elements.ts'
import { entriesOf } from './named.ts'
import type { Named } from './named.ts'
import { refuse } from './refuse.ts'
import { maxHeaderByteLength } from './safetensors-header.ts'
import { settings } from '@gradloom/core/extend'

const what = 'safetensors'

export interface SafetensorsOptions {
  /** Free text, saved as `__metadata__`. PyTorch's loaders look for `{ format: 'pt' }`. */
  readonly metadata?: Named<string>
}

/**
 * Writes a safetensors file, byte for byte as the official library does (which shuffles metadata of several keys).
 * @throws FormatError for names that UTF-8 or the format can't hold, and headers over 10 MB (80,000 tensors);
 * ShapeError or DTypeError for arrays that disagree with themselves
 * @see https://github.com/huggingface/safetensors#format
 * @example
 * const bytes = encodeSafetensors({ w: hostArray(new Float32Array([1, 2])) }, { metadata: { format: 'pt' } })
 */
export function encodeSafetensors(tensors: NamedArrays, options: SafetensorsOptions = {}): Uint8Array {
  const { metadata } = settings<{ metadata: Named<string> | null }>(what, options, {
    metadata: null,
  })
  // The official order: wide dtypes first, which aligns every tensor, then by the UTF-8 bytes of the name.
  const order = Object.keys(typeOf)
  const sorted = hostArrays(tensors, what)
    .map(([name, array]) => ({
      name,
      array,
      key: [order.indexOf(array.dtype), ...encodeText(name, what)].map((byte) => String.fromCharCode(byte)).join(''),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const pairs = entriesOf(metadata ?? {}, what).map((item) => item.map(json).join(':'))
  const fields = metadata === null ? [] : [`"__metadata__":{${pairs.join()}}`]
  let end = 0
  const parts = sorted.map(({ name, array }) => {
    if (name === '__metadata__') refuse(what, 'another name', name)
    const bytes = encodeElements(array, true)
    const start = end
    end += bytes.length
    const settings = `"dtype":"${typeOf[array.dtype]}","shape":[${array.shape.join()}],"data_offsets":[${start},${end}]`
    fields.push(`${json(name)}:{${settings}}`)
    return bytes
  })
  const header = encodeText(`{${fields.join()}}`, what)
  if (header.length > maxHeaderByteLength - 8) refuse(what, 'a header within 10 MB', header.length)
  const padding = new Uint8Array(-header.length & 7).fill(32)
  const lengths = asBytes(Uint32Array.of(header.length + padding.length, 0), what)
  return concatBytes([lengths, header, padding, ...parts])
}

const json = (text: string): string => JSON.stringify(wholeText(text, what))
