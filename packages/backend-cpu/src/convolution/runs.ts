/** Byte offsets of columns or terms in wasm memory, in groups of one vector: how each group may be loaded. */
export interface Offsets {
  /** A multiple of the group size; the last offset repeats to fill the last group. */
  readonly offsets: Int32Array
  /** Per group: its size where the offsets are neighbours; r where the first r and the others are neighbours, in rising
   * order;
   * else 0. */
  readonly kinds: Int32Array
}

/** Classifies offsets, counted in elements of `bytes`, in groups of `lanes`. */
export function runsOf(list: ArrayLike<number>, lanes: number, bytes: number): Offsets {
  const groups = Math.ceil(list.length / lanes)
  const offsets = new Int32Array(groups * lanes)
  for (let i = 0; i < offsets.length; i++) offsets[i] = list[Math.min(i, list.length - 1)] * bytes
  const kinds = new Int32Array(groups)
  for (let g = 0; g < groups; g++) kinds[g] = kindOf(offsets, g * lanes, lanes, bytes)
  return { offsets, kinds }
}
function kindOf(offsets: Int32Array, first: number, lanes: number, bytes: number): number {
  const last = first + lanes - 1
  let breaks = 0
  let at = 0
  for (let i = first + 1; i <= last; i++) {
    if (offsets[i] === offsets[i - 1] + bytes) continue
    breaks++
    at = i - first
  }
  if (breaks === 0) return lanes
  // Two vectors, one from the first offset on and one up to the last, stay within what the group spans.
  return lanes === 4 && breaks === 1 && offsets[last] - offsets[first] >= (lanes - 1) * bytes ? at : 0
}

/** Vector loads that a group needs on average: what decides along which direction patches are read. */
export const loadsPerGroup = ({ kinds }: Offsets, lanes: number): number =>
  kinds.reduce((sum, kind) => sum + (kind === lanes ? 1 : kind > 0 ? 2 : lanes), 0) / Math.max(1, kinds.length)
