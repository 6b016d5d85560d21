import { refuse } from './refuse.ts'

/** Bytes of a file, as read from a disk, a `fetch` or a file input. */
export type Bytes = Uint8Array | ArrayBuffer

/** The same memory as a plain `Uint8Array`: Node's `Buffer` overrides `slice`, so subclasses are not passed on. */
export function asBytes(file: Bytes | ArrayBufferView, what: string): Uint8Array {
  try {
    const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(file) ? file : new DataView(file)
    return new Uint8Array(buffer, byteOffset, byteLength)
  } catch {
    // Neither, or memory that was transferred away.
    refuse(what, 'a Uint8Array or an ArrayBuffer', file)
  }
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** Strict UTF-8; a byte order mark is kept, as a character that no header allows. */
export function decodeText(bytes: Uint8Array, what: string): string {
  try {
    // A copy, since browsers refuse to decode shared memory.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes))
  } catch {
    refuse(what, 'UTF-8 text below 512 MB', 'other bytes')
  }
}

/** UTF-8 of text without lone surrogates, which would come back as other characters. */
export function encodeText(text: string, what: string): Uint8Array {
  return new TextEncoder().encode(wholeText(text, what))
}

/** The text itself, if it has no lone surrogates. */
export function wholeText(text: unknown, what: string): string {
  if (typeof text !== 'string' || /\p{Surrogate}/u.test(text)) refuse(what, 'text of whole characters', text)
  return text
}

export const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0)

/** Whole numbers from 0 whose product stays below 2^53, where doubles stop counting exactly; the product. */
export function countElements(shape: unknown, what: string): number {
  let count = 1
  if (!Array.isArray(shape) || shape.some((size) => !isSize(size) || !isSize((count *= size))))
    refuse(what, 'sizes with a product below 2^53', shape)
  return count
}
