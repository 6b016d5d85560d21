import { asBytes } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { refuse } from './refuse.ts'
import { settings } from '@gradloom/core/extend'

export interface LimitOptions {
  /**
   * The most bytes that a file may take, and that all that is inflated and decoded from it may take, checked before any
   * is. Left out: 16 times the file and at least 512 MiB, which only compressed files can pass.
   */
  readonly maxBytes?: number
}

/** Counts bytes that are about to be made from a file. @throws FormatError where they pass its limit */
export type Spend = (byteLength: number) => void

/** What a decoder starts with: the bytes of the file, its settings, and an account of bytes. */
export function openFile<T extends object>(
  what: string,
  file: Bytes,
  options: unknown,
  known: T,
): T & { readonly bytes: Uint8Array; readonly spend: Spend } {
  const bytes = asBytes(file, what)
  const { length } = bytes
  const { maxBytes, ...set } = settings(what, options, { maxBytes: Math.max(2 ** 29, 16 * length), ...known })
  let total = 0
  const spend = (byteLength: number): void => {
    total += byteLength
    // NaN is no limit that anything meets.
    if (!(Math.max(total, length) <= maxBytes)) refuse(what, `at most ${maxBytes} bytes (maxBytes)`, total)
  }
  spend(0)
  return { ...(set as unknown as T), bytes, spend }
}
