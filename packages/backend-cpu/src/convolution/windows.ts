import type { Geometry } from './geometry.ts'
import { runsOf } from './runs.ts'
import type { TableWriter } from './tables.ts'

/** Most rows of a product for which patches are read in place, once for each row, rather than packed. */
export const FEW_ROWS = 3

/** Where in the tables the offsets of outputs, their runs and those of the terms of a window begin. */
export interface WindowTables {
  readonly positionsAt: number
  readonly kindsAt: number
  readonly termsAt: number
}

/** Tables for windows over all channels that one group sees. */
export function windowTables(
  { perGroup, planeSize, classes: [{ taps, positions }] }: Geometry,
  bytes: number,
  tables: TableWriter,
): WindowTables {
  const runs = runsOf(
    positions.map((p) => p * bytes),
    16 / bytes,
    bytes,
  )
  const terms = Array.from({ length: perGroup }, (_, c) => taps.map((t) => (c * planeSize + t) * bytes)).flat()
  return {
    positionsAt: tables.add(runs.offsets),
    kindsAt: tables.add(runs.kinds),
    termsAt: tables.add(Int32Array.from(terms)),
  }
}
