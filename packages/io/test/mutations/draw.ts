import { philox4x32 } from '@gradloom/core'

/** Random numbers of one case: the same for a seed and an index, whatever ran before. */
export interface Draw {
  /** A whole number from 0 to n - 1. */
  below(n: number): number
  pick<T>(items: readonly T[]): T
}

export function createDraw(seed: number, index: number): Draw {
  let block = 0
  let words: number[] = []
  const below = (n: number): number => {
    if (words.length === 0) words = Array.from(philox4x32([block++, index, 0, 0], [seed, 0]))
    return Math.floor(((words.pop() ?? 0) / 2 ** 32) * n)
  }
  return { below, pick: (items) => items[below(items.length)] }
}
