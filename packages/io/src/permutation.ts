import { philox4x32, ShapeError } from '@gradloom/core'
import { isSize } from './bytes.ts'
import { quote } from './refuse.ts'

/** "shuf" in ASCII: keeps these random numbers apart from others drawn with the same seed. */
const stream = 0x73687566

/**
 * A random order of 0 to count - 1, for `seed` and `epoch`: the same on every platform, every order equally likely.
 *
 * Fisher-Yates over Philox 4x32-10 (key: the seed's 64 bits; counter: block, epoch, stream), integers only. A draw
 * below `n` rejects the top 2^32 mod n values, so that the remainder has no bias.
 * @throws ShapeError for other than whole numbers from 0, or 2^32 rows
 * @see https://doi.org/10.1145/2063384.2063405 Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011)
 * @example
 * permutation(4, 42) // Uint32Array of 0, 1, 2, 3 in some order
 */
export function permutation(count: number, seed: number, epoch: number = 0): Uint32Array {
  checkSizes('permutation: rows, seed, epoch', [count, seed, epoch])
  const order = iota(count)
  const key = split(seed)
  const [low, high] = split(epoch)
  let words: ArrayLike<number> = []
  let used = 0
  const draw = (n: number): number => {
    for (;;) {
      // Four words a block; fewer than 2^32 blocks serve any Uint32Array.
      if (used % 4 === 0) words = philox4x32([used / 4, low, high, stream], key)
      const word = words[used++ % 4]
      if (word < 2 ** 32 - (2 ** 32 % n)) return word % n
    }
  }
  for (let i = count - 1; i > 0; i--) {
    const j = draw(i + 1)
    const row = order[i]
    order[i] = order[j]
    order[j] = row
  }
  return order
}

/** The first of the sizes are the rows. */
export function checkSizes(what: string, sizes: readonly unknown[]): void {
  if (!sizes.every(isSize) || sizes[0] >= 2 ** 32)
    throw new ShapeError(`${what}: whole numbers required, of rows below 2^32, got ${quote(sizes)}`)
}

/** 0 to count - 1. */
export const iota = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i)

const split = (value: number): [low: number, high: number] => [value >>> 0, (value / 2 ** 32) >>> 0]
