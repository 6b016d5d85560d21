import type { Binding } from '../run/dispatch.ts'
import { ARENA } from '../run/place.ts'

/** Words of a root that are bound for one or several arrays, in pieces where they are too long for one binding. */
export interface Range extends Binding {
  /** The type of an element in memory: f16 is half a word. */
  readonly type: string
  /** Bound as vectors of four. */
  readonly isWide: boolean
}

/** How many bindings ranges take in pieces of at most `piece` bytes. */
export const piecesOf = (ranges: Iterable<Range>, piece: number): number => {
  let count = 0
  for (const { byteLength } of ranges) count += Math.ceil(byteLength / piece)
  return count
}

/**
 * The range that each array is bound by: its own, or, where they take more than `room` bindings, one with its
 * neighbours in the arena, which is one buffer. Neighbours are joined where that saves a binding, the closest first.
 */
export function rangesOf<T extends Range>(arrays: readonly T[], room: number, piece: number): Map<T, Range> {
  const ranges = new Map<T, Range>(arrays.map((a) => [a, a]))
  const inArena = arrays.filter((a) => a.root === ARENA).sort((a, b) => a.byteOffset - b.byteOffset)
  let groups = inArena.map((a): { readonly range: Range; readonly members: readonly T[] } => ({
    range: a,
    members: [a],
  }))
  const others = piecesOf(
    arrays.filter((a) => a.root !== ARENA),
    piece,
  )
  const count = (): number =>
    piecesOf(
      groups.map((g) => g.range),
      piece,
    )
  while (others + count() > room) {
    let best = -1
    let least = Infinity
    for (let i = 0; i + 1 < groups.length; i++) {
      const [a, b] = [groups[i].range, groups[i + 1].range]
      const span = whole(a, b)
      const saves = piecesOf([a, b], piece) - piecesOf([span], piece)
      const gap = span.byteLength - a.byteLength - b.byteLength
      if (saves < 1 || gap >= least) continue
      best = i
      least = gap
    }
    if (best < 0) break
    const [a, b] = [groups[best], groups[best + 1]]
    const joined = { range: whole(a.range, b.range), members: [...a.members, ...b.members] }
    groups = [...groups.slice(0, best), joined, ...groups.slice(best + 2)]
  }
  for (const { range, members } of groups) for (const member of members) ranges.set(member, range)
  return ranges
}

function whole(a: Range, b: Range): Range {
  const stop = Math.max(a.byteOffset + a.byteLength, b.byteOffset + b.byteLength)
  return {
    root: ARENA,
    byteOffset: a.byteOffset,
    byteLength: stop - a.byteOffset,
    isWritable: true,
    type: 'u32',
    isWide: false,
  }
}
