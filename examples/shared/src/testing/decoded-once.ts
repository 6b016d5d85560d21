import { hostArray, type HostArray } from '@gradloom/core'
import type * as shared from '../index.ts'

/** What examples share, with the first digits of MNIST read once for all runs of a program: decoding the files takes
 * longer than a small network's training. A run has copies, and no more of a part than `counts` of it. */
export function decodedOnce(original: typeof shared, counts: { train: number; t10k: number }): typeof shared {
  const whole = {
    train: original.readMnist('train', counts.train),
    t10k: original.readMnist('t10k', counts.t10k),
  }
  return {
    ...original,
    readMnist: async (part, limit) => {
      const { images, labels } = await whole[part]
      const count = Math.min(counts[part], limit)
      return { images: firstRows(images, count), labels: firstRows(labels, count) }
    },
  }
}

function firstRows({ data, shape: [rows, ...rest], dtype }: HostArray, count: number): HostArray {
  return hostArray(data.slice(0, count * (data.length / rows)), [count, ...rest], dtype)
}
