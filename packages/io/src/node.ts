import type { HostArray } from '@gradloom/core'
import type { NamedArrays } from './array-like.ts'
import { decodeIdx } from './idx.ts'
import type { IdxOptions } from './idx.ts'
import { readBytes } from './node-read.ts'
import { writeAtomic } from './node-write.ts'
import { decodeSafetensors } from './safetensors-decode.ts'
import type { Safetensors, SafetensorsDecodeOptions } from './safetensors-decode.ts'
import { encodeSafetensors } from './safetensors-encode.ts'
import type { SafetensorsOptions } from './safetensors-encode.ts'

/**
 * Reads a safetensors file. A file over `maxBytes`, or 8 GiB where that is left out, is refused before it is read.
 * @throws FormatError as `decodeSafetensors` does; Node's error where the file can't be read
 */
export async function loadSafetensors(path: string, options: SafetensorsDecodeOptions = {}): Promise<Safetensors> {
  return decodeSafetensors(await readBytes(path, options), options)
}

/**
 * Writes a safetensors file, whole or not at all: at every moment, also through a crash, `path` is the old file or the
 * new one. Saves to one path at the same time do not mix: the last one to end stays.
 *
 * A symbolic link stays one, and what it points to is written. The new file has the mode of the old one. The data waits
 * beside the target, in a file `.gradloom-*.tmp`; one that a crash left is removed by the next save to that folder. To
 * pipes and devices the data is written as it comes.
 * @throws FormatError as `encodeSafetensors` does; Node's error where the file can't be written
 */
export async function saveSafetensors(path: string, tensors: NamedArrays, options?: SafetensorsOptions): Promise<void> {
  await writeAtomic(path, encodeSafetensors(tensors, options))
}

/**
 * Reads an IDX file, plain or gzipped. A file over `maxBytes`, or 8 GiB where that is left out, is refused before it is
 * read.
 * @throws FormatError as `decodeIdx` does; Node's error where the file can't be read
 */
export async function readIdx(path: string, options: IdxOptions = {}): Promise<HostArray> {
  return decodeIdx(await readBytes(path, options), options)
}
