import type { Geometry } from './geometry.ts'
import { runsOf } from './runs.ts'
import { repeated } from './layout.ts'
import type { TableWriter } from './tables.ts'

/** Most rows of a product for which patches are read in place, once for each row, rather than packed. */
export const FEW_ROWS = 3

/** Where in the tables the offsets of outputs and their runs begin, for each table of the grid, and those of the terms
 * of a window. */
export interface WindowTables {
  readonly outputs: readonly { readonly positionsAt: number; readonly kindsAt: number }[]
  readonly termsAt: number
}

/** Tables for windows over all channels that one group sees. */
export function windowTables(
  { perGroup, planeSize, classes: [{ taps, tables: grid }] }: Geometry,
  bytes: number,
  tables: TableWriter,
): WindowTables {
  const terms = repeated(perGroup, planeSize, taps)
  return {
    outputs: grid.map(({ positions }) => {
      const runs = runsOf(positions, 16 / bytes, bytes)
      return { positionsAt: tables.add(runs.offsets), kindsAt: tables.add(runs.kinds) }
    }),
    termsAt: tables.add(terms.map((t) => t * bytes)),
  }
}
