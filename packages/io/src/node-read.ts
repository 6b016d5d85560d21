import { OutOfMemoryError } from '@gradloom/core'
import { open } from 'node:fs/promises'
import type { LimitOptions } from './open-file.ts'
import { refuse } from './refuse.ts'

// Node's readFile ends at 2 GiB, as does one read on Linux.
const chunkByteLength = 2 ** 30

const defaultMaxBytes = 2 ** 33

/** A whole file. @throws FormatError where it is over the limit; OutOfMemoryError where it does not fit */
export async function readBytes(path: string, options: LimitOptions): Promise<Uint8Array> {
  checkPath(path)
  const maxBytes = options?.maxBytes ?? defaultMaxBytes
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    if (!(size <= maxBytes)) refuse(path, `a file of at most ${maxBytes} bytes (maxBytes)`, size)
    const bytes = allocateBytes(size, path)
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, Math.min(chunkByteLength, bytes.length - length))
      if (bytesRead === 0) break
      length += bytesRead
    }
    return bytes.subarray(0, length)
  } finally {
    await file.close()
  }
}

export function checkPath(path: unknown): void {
  if (typeof path !== 'string' || path.includes('\0')) refuse('file', 'a path without the character 0', path)
}

function allocateBytes(byteLength: number, path: string): Uint8Array {
  try {
    return new Uint8Array(byteLength)
  } catch {
    throw new OutOfMemoryError(`${path}: ${byteLength} bytes required, more than there are; read it in parts`)
  }
}
