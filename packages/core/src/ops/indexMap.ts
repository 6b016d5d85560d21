import type { View } from '../graph/op.ts'

/** An input axis that is output axis `from`. */
export const along = (from: number): View[number] => ({ from, step: 1, offset: 0 })
/** An input axis of which only the first element is read. */
export const first: View[number] = { from: -1, step: 0, offset: 0 }
