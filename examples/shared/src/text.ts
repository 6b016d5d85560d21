import { readFile } from 'node:fs/promises'
import { hostArray, type HostArray } from '@gradloom/core'
import type { RowSource } from '@gradloom/io'

/** A text as numbers of its characters. */
export interface Text {
  /** Every character that occurs, in the order of their codes. */
  readonly vocabulary: readonly string[]
  readonly ids: Int32Array
  encode(text: string): Int32Array
  decode(ids: Iterable<number>): string
}

/** The book of Genesis; see data/README.md. */
export async function readText(): Promise<Text> {
  const text = await readFile(new URL('../data/genesis.txt', import.meta.url), 'utf8')
  const vocabulary = [...new Set(text)].sort()
  const numbers = new Map(vocabulary.map((c, i) => [c, i]))
  const encode = (part: string): Int32Array => Int32Array.from(part, (c) => numbers.get(c)!)
  return { vocabulary, ids: encode(text), encode, decode: (ids) => Array.from(ids, (id) => vocabulary[id]).join('') }
}

/** Examples for predicting the next character: every stretch of `length` characters, and the same one character on.
 * Both [n, length]. */
export function windows(ids: Int32Array, length: number): RowSource<{ inputs: HostArray; targets: HostArray }> {
  const read = (rows: Uint32Array, offset: number): HostArray => {
    const data = new Int32Array(rows.length * length)
    rows.forEach((start, i) => {
      data.set(ids.subarray(start + offset, start + offset + length), i * length)
    })
    return hostArray(data, [rows.length, length])
  }
  return { rowCount: ids.length - length, read: (rows) => ({ inputs: read(rows, 0), targets: read(rows, 1) }) }
}
