import type { Lanes } from '../lanes.ts'
import type { FunctionBuilder, Local } from '../wasm/function.ts'
import { i32, select } from '../wasm/scalar.ts'
import { blockingOf } from './blocking.ts'

/**
 * Rows of a register tile of two vectors of columns. V8 has 15 vector registers on x64: 12 sums, 2 of B and 1 of A.
 * Without a fused multiply-add a product takes one more, so that tiles are lower there.
 */
export const tileRows = ({ relaxed }: Lanes): number => (relaxed ? 6 : 4)

/** Rows of the next tile while `left` rows remain: the last two are about equal, since low ones keep too few sums in
 * flight. */
export function tileHeight(f: FunctionBuilder, lanes: Lanes, left: Local<'i32'>): Local<'i32'> {
  const most = tileRows(lanes)
  const half = i32.shrU(i32.add(left, 1), 1)
  return f.let(select(i32.gtS(left, 1.5 * most), i32.const(most), select(i32.gtS(left, most), half, left)))
}

/** Cuts rows into blocks: `body` gets the number of rows of each. Changes `rows`. */
export function forBlocks(
  f: FunctionBuilder,
  { type }: Lanes,
  rows: Local<'i32'>,
  body: (now: Local<'i32'>) => void,
): void {
  const { rows: most } = blockingOf(type)
  f.while(rows, () => {
    const now = f.let(select(i32.gtS(rows, most), i32.const(most), rows))
    body(now)
    f.set(rows, i32.sub(rows, now))
  })
}
