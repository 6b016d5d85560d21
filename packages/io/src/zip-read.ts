import { decodeText, viewOf } from './bytes.ts'
import { crc32 } from './crc32.ts'
import { inflate } from './inflate.ts'
import type { Spend } from './open-file.ts'
import { refuse } from './refuse.ts'

const what = 'ZIP'

/**
 * The files of a ZIP archive, stored or deflated, by name. Sizes, checksums and places are checked: files may not
 * overlap, nor inflate to more than they announce.
 * @throws FormatError for damaged or hostile archives, encryption, other methods, ZIP64 (4 GiB or more), or a name
 * given twice
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function readZip(bytes: Uint8Array, spend: Spend): Promise<Map<string, Uint8Array>> {
  const view = viewOf(bytes)
  const u16 = (offset: number): number => view.getUint16(offset, true)
  const u32 = (offset: number): number => view.getUint32(offset, true)
  // What breaks a requirement on the layout is cut short, damaged, hostile or beyond this reader.
  const demand = (met: boolean, where: number): void => {
    if (!met) refuse(what, 'a whole archive under 4 GiB, stored or deflated', `an error at ${where}`)
  }

  // The end record stands last, before a comment whose length it tells.
  let end = bytes.length - 22
  while (end >= 0 && (u32(end) !== 0x06054b50 || end + 22 + u16(end + 20) !== bytes.length)) end--
  demand(end >= 0, 0)
  const directory = u32(end + 16)
  demand(directory + u32(end + 12) === end, end)

  const entries: number[] = []
  let at = directory
  while (at < end) {
    demand(at + 46 <= end && u32(at) === 0x02014b50, at)
    entries.push(at)
    at += 46 + u16(at + 28) + u16(at + 30) + u16(at + 32)
  }
  demand(at === end && entries.length === u16(end + 10), at)

  const files = new Map<string, Uint8Array>()
  let free = 0
  for (const at of entries.sort((a, b) => u32(a + 42) - u32(b + 42))) {
    const start = u32(at + 42)
    const name = decodeText(bytes.subarray(at + 46, at + 46 + u16(at + 28)), what)
    const method = u16(at + 10)
    const size = u32(at + 24)
    // The lowest flag tells encryption.
    demand(!(u16(at + 8) & 1) && (method === 0 || method === 8) && !files.has(name), at)
    demand(start >= free && start + 30 <= directory && u32(start) === 0x04034b50, start)
    // Sizes in front of the file are not read: writers of streams leave them open, and the directory has them.
    const nameEnd = start + 30 + u16(start + 26)
    const dataStart = nameEnd + u16(start + 28)
    free = dataStart + u32(at + 20)
    demand(free <= directory && decodeText(bytes.subarray(start + 30, nameEnd), what) === name, start)
    const data = bytes.subarray(dataStart, free)
    if (method) spend(size)
    const file = method ? await inflate(data, 'deflate-raw', () => size, what) : data
    demand(file.length === size && crc32(file) === u32(at + 16), start)
    files.set(name, file)
  }
  return files
}
