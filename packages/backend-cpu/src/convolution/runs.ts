/** Byte offsets of columns or terms in wasm memory, in groups of one vector: how each group may be loaded. */
export interface Offsets {
  /** A multiple of the group size; the last offset repeats to fill the last group. */
  readonly offsets: Int32Array
  /** Per group: its size where the offsets are neighbours; r where the first r and the others are neighbours, in rising
   * order;
   * else 0. */
  readonly kinds: Int32Array
}

/** Classifies offsets (in bytes, elements of `bytes`) in groups of `lanes`. */
export function runsOf(list: readonly number[], lanes: number, bytes: number): Offsets {
  const groups = Math.ceil(list.length / lanes)
  const offsets = Int32Array.from({ length: groups * lanes }, (_, i) => list[Math.min(i, list.length - 1)])
  const kinds = Int32Array.from({ length: groups }, (_, g) => {
    const at = (i: number): number => offsets[g * lanes + i]
    const breaks: number[] = []
    for (let i = 1; i < lanes; i++) if (at(i) !== at(i - 1) + bytes) breaks.push(i)
    if (breaks.length === 0) return lanes
    // Two vectors, one from the first offset on and one up to the last, stay within what the group spans.
    return lanes === 4 && breaks.length === 1 && at(lanes - 1) - at(0) >= (lanes - 1) * bytes ? breaks[0] : 0
  })
  return { offsets, kinds }
}

/** Vector loads that a group needs on average: what decides along which direction patches are read. */
export const loadsPerGroup = ({ kinds }: Offsets, lanes: number): number =>
  kinds.reduce((sum, kind) => sum + (kind === lanes ? 1 : kind > 0 ? 2 : lanes), 0) / Math.max(1, kinds.length)
