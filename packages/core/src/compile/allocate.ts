import { byteSize } from '../dtype.ts'
import type { StepGroup, Storage } from './program.ts'
import { canReplace } from './replace.ts'

/** Where a backend does not say: a cache line, which is also WebGPU's strictest binding alignment divided by four. */
const ALIGNMENT = 64

/** Regions of memory that grows as needed: the smallest free one that is large enough, else at the end. */
interface Arena {
  take(byteLength: number): number
  give(byteOffset: number, byteLength: number): void
  readonly peak: number
}

interface Hole {
  start: number
  stop: number
}

function createArena(): Arena {
  let holes: Hole[] = []
  let end = 0
  const smallest = (byteLength: number): Hole | undefined => {
    let best: Hole | undefined
    for (const h of holes) {
      const size = h.stop - h.start
      if (size >= byteLength && !(best && best.stop - best.start <= size)) best = h
    }
    return best
  }
  return {
    take(byteLength) {
      const hole = smallest(byteLength) ?? holes.find((h) => h.stop === end) ?? { start: end, stop: end }
      const byteOffset = hole.start
      hole.start += byteLength
      end = Math.max(end, hole.start)
      if (hole.start >= hole.stop) holes = holes.filter((h) => h !== hole)
      return byteOffset
    },
    give(byteOffset, byteLength) {
      if (!byteLength) return
      const freed = { start: byteOffset, stop: byteOffset + byteLength }
      // It merges with the holes on either side.
      holes = holes.filter((h) => {
        if (h.stop !== freed.start && h.start !== freed.stop) return true
        freed.start = Math.min(freed.start, h.start)
        freed.stop = Math.max(freed.stop, h.stop)
        return false
      })
      holes.push(freed)
    },
    get peak() {
      return end
    },
  }
}

/** What is to be placed in an arena. */
export interface Lifetimes {
  readonly order: readonly StepGroup[]
  readonly buffers: readonly Storage[]
  /** Buffers that live to the end. */
  readonly results: ReadonlySet<number>
  /** Buffers that lie elsewhere. */
  readonly isExternal: (buffer: number) => boolean
  readonly alignment?: number
}

export interface Layout {
  readonly byteOffsets: ReadonlyMap<number, number>
  readonly byteLength: number
}

/** Offsets in an arena by liveness: a buffer lies where others are that are read no more. */
export function allocate({ order, buffers, results, isExternal, alignment = ALIGNMENT }: Lifetimes): Layout {
  const bytesOf = (b: number): number => {
    const { size, dtype } = buffers[b]
    return Math.ceil((size * byteSize(dtype)) / alignment) * alignment
  }
  const lastUse = new Array<number>(buffers.length)
  order.forEach((g, i) => {
    for (const b of g.reads) lastUse[b] = i
    for (const b of g.writes) lastUse[b] = i
  })
  for (const b of results) lastUse[b] = order.length

  const arena = createArena()
  const byteOffsets = new Map<number, number>()
  order.forEach((g, i) => {
    const replaced: number[] = []
    const endsHere = (b: number): boolean => lastUse[b] === i && byteOffsets.has(b) && !replaced.includes(b)
    const canTake = (source: number, b: number): boolean =>
      endsHere(source) && bytesOf(source) === bytesOf(b) && canReplace(g.steps, b, source)
    for (const b of g.writes) {
      if (isExternal(b)) continue
      const source = g.reads.find((r) => canTake(r, b))
      if (source === undefined) byteOffsets.set(b, arena.take(bytesOf(b)))
      else {
        replaced.push(source)
        byteOffsets.set(b, byteOffsets.get(source)!)
      }
    }
    for (const b of g.reads) if (endsHere(b)) arena.give(byteOffsets.get(b)!, bytesOf(b))
    for (const b of g.writes) if (endsHere(b)) arena.give(byteOffsets.get(b)!, bytesOf(b))
  })
  return { byteOffsets, byteLength: arena.peak }
}
