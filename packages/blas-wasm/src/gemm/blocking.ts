import type { Lanes, Real } from '../lanes.ts'

/** Blocks of a product. */
export interface Blocking {
  /** Columns of a register tile: two vectors. Its rows depend on the instruction set: see tile.ts. */
  readonly tileColumns: number
  /** Most rows of a packed block of A: with `k` it fills a quarter of a 512 KiB second-level cache. */
  readonly rows: number
  /** Most columns of a packed block of B, which stays in the third level. */
  readonly columns: number
  /** Most terms of a partial sum: a strip of B of this depth is a quarter of a 32 KiB first-level cache. */
  readonly k: number
}

/** Sizes for a real type. They decide how sums are split, so they depend on nothing else. */
export const blockingOf = (type: Real): Blocking =>
  type === 'f32'
    ? { tileColumns: 8, rows: 132, columns: 1024, k: 320 }
    : { tileColumns: 4, rows: 72, columns: 512, k: 320 }

/** Blocks of A have a multiple of so many rows: whole tiles, of 4 or of 6. */
export const ROW_MULTIPLE = 12

/** The parts of `total` are equal but for the last, at most `most`, and multiples of `multiple` (which divides `most`).
 * */
export function partSize(total: number, most: number, multiple: number): number {
  const parts = Math.ceil(total / most)
  return Math.ceil(Math.ceil(total / parts) / multiple) * multiple
}

/** Bytes of scratch memory that a product of m x k with k x n needs. Zero sizes need none. */
export function gemmScratchBytes(type: Lanes['type'], m: number, n: number, k: number): number {
  if (m <= 0 || n <= 0 || k <= 0) return 0
  const { tileColumns, ...most } = blockingOf(type)
  const [rows, columns, depth] = [
    partSize(m, most.rows, ROW_MULTIPLE),
    partSize(n, most.columns, tileColumns),
    partSize(k, most.k, 4),
  ]
  const vectors = m === 1 || n === 1 ? m + n + k : 0 // what gemv takes
  return Math.max(columns * depth + rows * depth + rows * tileColumns, vectors) * (type === 'f32' ? 4 : 8)
}

/** Bytes of scratch memory that suffice for any product of matrices no side of which is longer than `size`. */
export function mostGemmScratchBytes(type: Lanes['type'], size: number): number {
  const { tileColumns, rows, columns, k } = blockingOf(type)
  const part = (most: number, multiple: number): number => Math.min(most, Math.ceil(size / multiple) * multiple)
  const height = part(rows, ROW_MULTIPLE)
  const block = (part(columns, tileColumns) + height) * part(k, 4) + height * tileColumns
  return Math.max(block, 2 * size + 1) * (type === 'f32' ? 4 : 8)
}
