import { plainBlas, type Blas } from './blas.ts'
import { roomOf, type Matrix, type Room } from './matrix.ts'

/** Rotations of rows of a matrix, written down and made many at a time: so a block of its columns stays in the cache.
 * */
export interface Sweeps {
  readonly list: Float64Array
  /** Forgets what is written down. Of a row, so many numbers turn. */
  start(columns: number): void
  /** @returns where c and s of `count` rotations are to be written down, of row `first` and the next, and so on */
  begin(first: number, count: number): number
  flush(): void
}

/** Rotations of so few numbers take longer to hand over than to make. */
const FEW = 1024
/** Whole sweeps that are written down. */
const SWEEPS = 32
const capacity = (rows: number): number => SWEEPS * 2 * rows
export const sweepsRoom = (rows: number): number => roomOf(capacity(rows))

/** Of the rows of x. */
export function createSweeps(blas: Blas, room: Room, x: Matrix, rows: number): Sweeps {
  const list = room.take(capacity(rows))
  let columns = 0
  let end = 0
  const flush = (): void => {
    if (end) (columns * end > FEW ? blas : plainBlas).rotate(x, columns, list, end)
    end = 0
  }
  return {
    list,
    flush,
    start: (count) => {
      columns = count
      end = 0
    },
    begin: (first, count) => {
      if (end + 2 + 2 * count > list.length) flush()
      const at = end + 2
      list[end] = first
      list[end + 1] = count
      end = at + 2 * count
      return at
    },
  }
}
