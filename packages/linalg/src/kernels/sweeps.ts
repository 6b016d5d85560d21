import type { Blas } from './blas.ts'
import { roomOf, type Matrix, type Room } from './matrix.ts'

/** Rotations of rows of a matrix, written down and made many at a time: so a block of its columns stays in the cache.
 * */
export interface Sweeps {
  /** Rotations of a row and the next follow, `count` of them from row `first` on. */
  begin(first: number, count: number): void
  turn(c: number, s: number): void
  /** Turns rows i and j > i at once: c x + s y and c y - s x. */
  pair(i: number, j: number, c: number, s: number): void
  flush(): void
  /** Forgets what is written down. */
  clear(): void
}

/** Whole sweeps that are written down. */
const SWEEPS = 32
const capacity = (rows: number): number => SWEEPS * 2 * rows
export const sweepsRoom = (rows: number): number => roomOf(capacity(rows))

/** Of the rows of x, `columns` numbers each. */
export function createSweeps(blas: Blas, room: Room, x: Matrix, rows: number, columns: number): Sweeps {
  const list = room.take(capacity(rows))
  let end = 0
  const flush = (): void => {
    if (end) blas.rotate(x, columns, list, end)
    end = 0
  }
  return {
    flush,
    clear: () => {
      end = 0
    },
    begin: (first, count) => {
      if (end + 2 + 2 * count > list.length) flush()
      list[end++] = first
      list[end++] = count
    },
    turn: (c, s) => {
      list[end++] = c
      list[end++] = s
    },
    pair: (i, j, c, s) => {
      flush()
      list.set([0, 1, c, s])
      blas.rotate({ ...x, at: x.at + i * x.row, row: (j - i) * x.row }, columns, list, 4)
    },
  }
}
