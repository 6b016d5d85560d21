import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { HostArray } from '@gradloom/core'
import { decodeIdx } from './idx.ts'
import type { IdxOptions } from './idx.ts'
import type { NamedArrays } from './named.ts'
import { decodeSafetensors } from './safetensors-decode.ts'
import type { Safetensors } from './safetensors-decode.ts'
import { encodeSafetensors } from './safetensors-encode.ts'
import type { SafetensorsOptions } from './safetensors-encode.ts'

/** Reads a safetensors file. @throws FormatError as `decodeSafetensors` does; Node's error where the file can't be read
 * */
export async function loadSafetensors(path: string): Promise<Safetensors> {
  return decodeSafetensors(await readBytes(path))
}

/**
 * Writes a safetensors file, whole or not at all: at every moment, also through a crash, `path` is the old file or the
 * new one.
 * @throws FormatError as `encodeSafetensors` does; Node's error where the file can't be written
 */
export async function saveSafetensors(path: string, tensors: NamedArrays, options?: SafetensorsOptions): Promise<void> {
  await writeAtomic(path, encodeSafetensors(tensors, options))
}

/** Reads an IDX file, plain or gzipped. @throws FormatError as `decodeIdx` does; Node's error where the file can't be
 * read */
export async function readIdx(path: string, options?: IdxOptions): Promise<HostArray> {
  return decodeIdx(await readBytes(path), options)
}

// Node's readFile ends at 2 GiB, as does one read on Linux.
const chunkByteLength = 2 ** 30

async function readBytes(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const bytes = new Uint8Array((await file.stat()).size)
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

/** Writes beside the target, so that the rename stays on one disk, and syncs before it and after it. */
async function writeAtomic(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  if (process.platform === 'win32') return // directories can't be opened there
  const directory = await open(dirname(path), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
