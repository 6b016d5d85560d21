import { concatBytes } from './bytes.ts'
import { refuse } from './refuse.ts'

/**
 * Inflates gzip or raw deflate data, stopping where more comes out than announced.
 * `announced` gets what is there so far and returns the full size, or undefined to be asked again with more; it may
 * refuse a size.
 * @throws FormatError for damaged or cut data, and data that goes on
 */
export async function inflate(
  bytes: Uint8Array,
  format: 'gzip' | 'deflate-raw',
  announced: (head: Uint8Array) => number | undefined,
  what: string,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let byteLength = 0
  let limit: number | undefined
  // A blob streams in small chunks, which bound what a bomb makes before anyone looks.
  const reader = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream(format))
    .getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error) => refuse(what, 'whole data', `${error}`))
      if (done) return concatBytes(parts)
      parts.push(value)
      byteLength += value.length
      limit ??= announced(concatBytes(parts))
      if (byteLength > (limit ?? Infinity)) refuse(what, `${limit} inflated bytes`, byteLength)
    }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}
