import { encodeText, viewOf, wholeText } from './bytes.ts'
import { encodeElements, typeOf } from './elements.ts'
import { entriesOf } from './named.ts'
import type { Named, NamedArrays } from './named.ts'
import { refuse } from './refuse.ts'
import { maxHeaderByteLength } from './safetensors-header.ts'

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
export function encodeSafetensors(tensors: NamedArrays, { metadata }: SafetensorsOptions = {}): Uint8Array {
  // The official order: wide dtypes first, which aligns every tensor, then by the UTF-8 bytes of the name.
  const order = Object.keys(typeOf)
  const sorted = entriesOf(tensors)
    .map(([name, array]) => ({
      name,
      array,
      key: [order.indexOf(array.dtype), ...encodeText(name, what)].map((byte) => String.fromCharCode(byte)).join(''),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const fields = metadata
    ? [
        `"__metadata__":{${entriesOf(metadata)
          .map((item) => item.map(json).join(':'))
          .join()}}`,
      ]
    : []
  let end = 0
  const parts = sorted.map(({ name, array }) => {
    if (name === '__metadata__') refuse(what, 'another name', name)
    const bytes = encodeElements(array, true)
    const type = typeOf[array.dtype]
    const dtype = type === 'b1' ? 'BOOL' : `${type[0].toUpperCase()}${8 * Number(type[1])}`
    const start = end
    end += bytes.length
    const settings = `"dtype":"${dtype}","shape":[${array.shape.join()}],"data_offsets":[${start},${end}]`
    fields.push(`${json(name)}:{${settings}}`)
    return bytes
  })
  const header = encodeText(`{${fields.join()}}`, what)
  if (header.length > maxHeaderByteLength - 8) refuse(what, 'a header within 10 MB', header.length)
  let offset = 8 + Math.ceil(header.length / 8) * 8
  const file = new Uint8Array(offset + end).fill(32, 8, offset)
  viewOf(file).setBigUint64(0, BigInt(offset - 8), true)
  file.set(header, 8)
  for (const bytes of parts) {
    file.set(bytes, offset)
    offset += bytes.length
  }
  return file
}

const json = (text: string): string => JSON.stringify(wholeText(text, what))
