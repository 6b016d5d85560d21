import { concatBytes, encodeText } from './bytes.ts'
import { crc32 } from './crc32.ts'
import { refuse } from './refuse.ts'

/** Little-endian words of 16 bits, of which every ZIP record is made. */
const words = (...values: number[]): Uint8Array => Uint8Array.from(values.flatMap((value) => [value, value >> 8]))
const long = (value: number): number[] => [value & 0xffff, value >>> 16]

const what = 'ZIP'
const limits = 'less than 4 GiB, 65535 files and name bytes'

/**
 * A ZIP archive of stored files, the same bytes every time.
 * @throws FormatError from 65535 files or 4 GiB on
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function writeZip(files: readonly (readonly [name: string, bytes: Uint8Array])[]): Uint8Array {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let start = 0
  for (const [name, file] of files) {
    const text = encodeText(name, what)
    if (text.length > 0xffff) refuse(what, limits, text.length)
    const size = long(file.length)
    // Version 2.0, names in UTF-8, stored, and the first date that ZIP knows: files do not depend on the clock.
    const fields = [20, 0x800, 0, 0, 0x21, ...long(crc32(file)), ...size, ...size, text.length, 0]
    parts.push(words(0x4b50, 0x403, ...fields), text, file)
    directory.push(words(0x4b50, 0x201, 20, ...fields, 0, 0, 0, 0, 0, ...long(start)), text)
    start += 30 + text.length + file.length
  }
  const list = concatBytes(directory)
  const count = files.length
  if (start + list.length >= 0xffffffff || count >= 0xffff) refuse(what, limits, [start, count])
  return concatBytes([
    ...parts,
    list,
    words(0x4b50, 0x605, 0, 0, count, count, ...long(list.length), ...long(start), 0),
  ])
}
