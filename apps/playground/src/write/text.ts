import { hostArray, type HostArray } from '@gradloom/core'
import type { RowSource } from '@gradloom/io'
import { DataError } from '../session/mnist.ts'

/** A text as numbers of its characters. */
export interface Text {
  readonly vocabulary: readonly string[]
  readonly ids: Int32Array
  /** Characters that do not occur are spaces. */
  encode(text: string): Int32Array
}

/** The book of Genesis. @throws DataError */
export async function loadText(): Promise<Text> {
  const address = new URL('../generated/text.txt', import.meta.url)
  const response = await fetch(address).catch((cause: unknown) => {
    throw new DataError('write: the text could not be loaded: no connection', { cause })
  })
  if (!response.ok) throw new DataError(`write: the text could not be loaded: status ${response.status}`)
  const text = await response.text()
  const vocabulary = [...new Set(text)].sort()
  const numbers = new Map(vocabulary.map((letter, i) => [letter, i]))
  const encode = (part: string): Int32Array =>
    Int32Array.from(part, (letter) => numbers.get(letter) ?? numbers.get(' ') ?? 0)
  return { vocabulary, ids: encode(text), encode }
}

/** Every stretch of `length` characters, and the same one character on. */
export function windows(ids: Int32Array, length: number): RowSource<{ x: HostArray; y: HostArray }> {
  const read = (rows: Uint32Array, offset: number): HostArray => {
    const data = new Int32Array(rows.length * length)
    rows.forEach((start, i) => data.set(ids.subarray(start + offset, start + offset + length), i * length))
    return hostArray(data, [rows.length, length])
  }
  return { rowCount: ids.length - length, read: (rows) => ({ x: read(rows, 0), y: read(rows, 1) }) }
}
