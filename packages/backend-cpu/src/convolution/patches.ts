import { blockingOf, type Real } from '@gradloom/blas-wasm'
import type { ConvolutionModule } from './module.ts'
import { loadsPerGroup, runsOf, type Offsets } from './runs.ts'
import type { TableWriter } from './tables.ts'

/** A matrix of patches: element (p, j) lies at rows[p] + columns[j] from a base address. */
export interface Patches {
  readonly columns: number
  /** Packs terms [p, p + k) of columns [j, j + n) as strips at `to`; p is a multiple of 4 and j of a strip. */
  pack(to: number, base: number, tables: number, p: number, k: number, j: number, n: number): void
}

/** Elements of packed patches at a time: with a block of the other operand they fit in a 512 KiB second-level cache. */
const BLOCK_BYTES = 98_304

/** Equal parts of `total`, multiples of `multiple`, `most` (a multiple) at most. */
export function partSize(total: number, most: number, multiple: number): number {
  return Math.ceil(Math.ceil(total / Math.max(1, Math.ceil(total / most))) / multiple) * multiple
}

export interface BlockSizes {
  readonly k: number
  readonly columns: number
}
/** How a product with `terms` terms is cut up; the number of terms at a time decides how sums are split. */
export function blockSizes(type: Real, terms: number, columns: number): BlockSizes {
  const { k: mostK, tileColumns } = blockingOf(type)
  const k = partSize(terms, mostK, 4)
  const bytes = type === 'f32' ? 4 : 8
  const most = Math.min(
    1024,
    Math.max(1, Math.floor(BLOCK_BYTES / (Math.max(k, 1) * bytes * tileColumns))) * tileColumns,
  )
  return { k, columns: partSize(columns, most, tileColumns) }
}

export function createPatches(
  type: Real,
  module: ConvolutionModule,
  tables: TableWriter,
  rowOffsets: Int32Array,
  columnOffsets: Int32Array,
): Patches {
  const bytes = type === 'f32' ? 4 : 8
  const lanes = 16 / bytes
  const describe = (list: Int32Array): Offsets => runsOf(list, lanes, bytes)
  const rows = describe(rowOffsets)
  const columns = describe(columnOffsets)
  const rowsAt = tables.add(rows.offsets)
  const columnsAt = tables.add(columns.offsets)
  const alongRows = loadsPerGroup(rows, lanes) < loadsPerGroup(columns, lanes)
  const kindsAt = tables.add(alongRows ? rows.kinds : columns.kinds)
  return {
    columns: columnOffsets.length,
    pack: (to, base, at, p, k, j, n) => {
      const r = at + rowsAt + 4 * p
      const c = at + columnsAt + 4 * j
      const groups = Math.ceil(n / lanes)
      if (alongRows) module.packRows(to, base, c, r, at + kindsAt + (4 * p) / lanes, groups, k)
      else module.packColumns(to, base, c, at + kindsAt + (4 * j) / lanes, r, groups, k)
    },
  }
}
