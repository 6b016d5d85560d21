import { hostArray, type HostArray } from '@gradloom/core'
import type { RowSource } from '@gradloom/io'

export const PIXELS = 784
export const TRAIN_COUNT = 60_000
export const TEST_COUNT = 10_000

/** Digits as they are kept: two pixels a byte. */
export interface Digits {
  readonly labels: Uint8Array
  readonly packed: Uint8Array
}

/** A file that could not be had. */
export class DataError extends Error {
  override readonly name = 'DataError'
  readonly code = 'DATA'
}

async function bytesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>, byteLength: number): Promise<Uint8Array> {
  const all = new Uint8Array(byteLength)
  let at = 0
  const reader = stream.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (at + part.value.length > byteLength) throw new DataError('mnist: the file holds more than it should')
    all.set(part.value, at)
    at += part.value.length
  }
  if (at !== byteLength) throw new DataError(`mnist: ${byteLength} bytes required, got ${at}`)
  return all
}

/** Loads and unpacks the digits. @throws DataError */
export async function loadDigits(onProgress: (done: number, total: number) => void): Promise<Digits> {
  const address = new URL('../generated/mnist.bin', import.meta.url)
  const response = await fetch(address).catch((cause: unknown) => {
    throw new DataError('mnist: the file of digits could not be loaded: no connection', { cause })
  })
  if (!response.ok || !response.body)
    throw new DataError(`mnist: the file of digits could not be loaded: status ${response.status}`)
  const total = Number(response.headers.get('content-length') ?? 0)
  let done = 0
  const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(part, to) {
      done += part.length
      onProgress(done, Math.max(total, done))
      to.enqueue(part)
    },
  })
  const unpacked = response.body.pipeThrough(counted).pipeThrough(new DecompressionStream('deflate-raw'))
  const count = TRAIN_COUNT + TEST_COUNT
  try {
    const all = await bytesOf(unpacked, count + (count * PIXELS) / 2)
    return { labels: all.subarray(0, count), packed: all.subarray(count) }
  } catch (error) {
    if (error instanceof DataError) throw error
    throw new DataError(`mnist: the file of digits is damaged: ${(error as Error).message}`, { cause: error })
  }
}

/** Rows of digits from `from` on, unpacked when they are read: images of `shape` in 0 to 1, and labels. */
export function digitRows(
  digits: Digits,
  { from, count, shape }: { readonly from: number; readonly count: number; readonly shape: readonly number[] },
): RowSource<{ x: HostArray; y: HostArray }> {
  return {
    rowCount: count,
    read(rows) {
      const images = new Float32Array(rows.length * PIXELS)
      const labels = new Int32Array(rows.length)
      rows.forEach((row, i) => {
        labels[i] = digits.labels[from + row]
        const start = ((from + row) * PIXELS) / 2
        for (let k = 0; k < PIXELS / 2; k++) {
          const pair = digits.packed[start + k]
          images[i * PIXELS + 2 * k] = (pair & 15) / 15
          images[i * PIXELS + 2 * k + 1] = (pair >> 4) / 15
        }
      })
      return { x: hostArray(images, [rows.length, ...shape]), y: hostArray(labels, [rows.length]) }
    },
  }
}
