import { isBeside } from './rotation.ts'
import type { Sweeps } from './sweeps.ts'

/** Where rotations are written down. */
export type Writing = Pick<Sweeps, 'list' | 'begin'>

/** The value that the last rows of a matrix, with d on its diagonal and e beside it, have by themselves: a shift for
 * steps up to row `end` of so many rows that fewer steps are worth finding it. */
export type LookAhead = (d: Float64Array, e: Float64Array, end: number) => number

/** Rows that steps must turn. */
export const LONG_STEP = 32
/** Rows that are looked at. */
const WINDOW = 12
/** Steps that they may take; two are usual. */
const MOST = 8

/** By steps on a copy of these rows, each of which writes rotations down for nobody. A shift of two rows is right where
 * a value has all but converged; that of more rows is so earlier, and saves a quarter of the rotations of vectors.
 * @see K. Braman, R. Byers, R. Mathias, "The multishift QR algorithm, part I", 2002,
 * https://doi.org/10.1137/S0895479801384573 */
export function createLookAhead(
  step: (d: Float64Array, e: Float64Array, nowhere: Writing, end: number) => void,
): LookAhead {
  const d = new Float64Array(WINDOW)
  const e = new Float64Array(WINDOW)
  const nowhere = { list: new Float64Array(2 * WINDOW), begin: () => 0 }
  const last = WINDOW - 1
  return (x, y, end) => {
    d.set(x.subarray(end - last, end + 1))
    e.set(y.subarray(end - last, end + 1))
    for (let left = MOST; left > 0 && isBeside(d, e, last); left--) step(d, e, nowhere, last)
    return d[last]
  }
}
