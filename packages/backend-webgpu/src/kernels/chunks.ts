import { sizeOf } from '@gradloom/core'
import type { KernelLimits } from '../device/limits.ts'
import { indicesOf } from './geometry.ts'

/** A part of the scores of attention: ranges of the axes of the batch, and of queries. */
export interface Chunk {
  readonly from: readonly number[]
  readonly sizes: readonly number[]
  readonly query: number
  readonly queries: number
}

/** Scores that are in memory at a time, 16 MB of them, whatever the numbers of queries and keys. */
const SCORES = 2 ** 22

/** Parts of as many scores as a binding holds, or of one query: ranges of one axis of the batch with all behind it, or
 * of the queries of one position. None where there are no scores. */
export function chunksOf(
  batch: readonly number[],
  queries: number,
  keys: number,
  { maxStorageBufferBindingSize }: KernelLimits,
): Chunk[] {
  const most = Math.min(SCORES, maxStorageBufferBindingSize / 4)
  const axis = batch.findIndex((_, d) => sizeOf(batch.slice(d + 1)) * queries * keys <= most)
  const before = axis < 0 ? batch : batch.slice(0, axis)
  const behind = axis < 0 ? [] : batch.slice(axis + 1)
  const ones = before.map(() => 1)
  return indicesOf(before).flatMap((position): Chunk[] => {
    if (axis < 0)
      return rangesOf(queries, Math.floor(most / keys)).map(([query, count]) => ({
        from: position,
        sizes: ones,
        query,
        queries: count,
      }))
    const each = Math.floor(most / Math.max(1, sizeOf(behind) * queries * keys))
    return rangesOf(batch[axis], each).map(([first, count]) => ({
      from: [...position, first, ...behind.map(() => 0)],
      sizes: [...ones, count, ...behind],
      query: 0,
      queries,
    }))
  })
}

/** Ranges of at most `most`, at least 1, that make up `size`: where each begins, and how many it has. */
const rangesOf = (size: number, most: number): [first: number, count: number][] => {
  const each = Math.max(1, most)
  return Array.from({ length: Math.ceil(size / each) }, (_, i) => [i * each, Math.min(each, size - i * each)])
}
