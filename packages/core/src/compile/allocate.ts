import { byteSize } from '../dtype.ts'
import { getOrInsert } from '../map.ts'
import type { Storage, Work } from './fuse.ts'
import type { Access, Step } from '../plan/plan.ts'

/** Regions start at multiples of a cache line, which is also WebGPU's strictest binding alignment divided by four. */
const ALIGNMENT = 64
const bytesOf = (b: Storage): number => Math.ceil((b.size * byteSize(b.dtype)) / ALIGNMENT) * ALIGNMENT

/** Places in memory that grows as needed: the smallest free region that is large enough, else at the end. */
function createArena(): { take(bytes: number): number; give(offset: number, bytes: number): void; peak(): number } {
  let holes: { start: number; stop: number }[] = []
  let end = 0
  return {
    take(bytes) {
      let hole: { start: number; stop: number } | undefined
      for (const h of holes)
        if (h.stop - h.start >= bytes && !(hole && hole.stop - hole.start <= h.stop - h.start)) hole = h
      hole ??= holes.find((h) => h.stop === end) ?? { start: end, stop: end }
      const offset = hole.start
      hole.start += bytes
      end = Math.max(end, hole.start)
      holes = holes.filter((h) => h.start < h.stop)
      return offset
    },
    give(start, bytes) {
      let stop = start + bytes
      // It merges with the holes on either side.
      holes = holes.filter((h) => {
        if (h.stop !== start && h.start !== stop) return true
        start = Math.min(start, h.start)
        stop = Math.max(stop, h.stop)
        return false
      })
      if (bytes) holes.push({ start, stop })
    },
    peak: () => end,
  }
}

/** For a buffer that a step writes: those that it reads only where it writes it, and no later. Outer indices never
 * meet, so these can share its place. */
function replaceable(step: Step): (target: number) => number[] {
  if (step.type !== 'loop') return () => []
  const where = (a: Access): string => `${byteSize(a.dtype)}+${a.offset}[${a.strides}]`
  const reads = new Map<number, Set<string>>()
  const lastPhase = new Map<number, number>()
  const written = new Map<number, { phase: number; where: string }>()
  for (const a of step.reads) getOrInsert(reads, a.buffer, () => new Set<string>()).add(where(a))
  step.phases.forEach((p, phase) => {
    for (const c of p.code) if (c.op === 'read') lastPhase.set(step.reads[c.read].buffer, phase)
    for (const w of p.write) getOrInsert(written, w.access.buffer, () => ({ phase, where: where(w.access) }))
  })
  return (target) => {
    const to = written.get(target)!
    return [...reads].flatMap(([b, places]) =>
      !written.has(b) && lastPhase.get(b)! <= to.phase && places.size === 1 && places.has(to.where) ? [b] : [],
    )
  }
}

/** Whether a loop may write `target` over `source`, element by element. */
export const canReplace = (steps: readonly Step[], target: number, source: number): boolean =>
  steps.length === 1 &&
  steps[0].type === 'loop' &&
  (!steps[0].reads.some((a) => a.buffer === source) || replaceable(steps[0])(target).includes(source))

/** Arena offsets by liveness in `order`; results live to the end. Values in `external` have a place already. */
export function allocate(
  order: readonly Work[],
  buffers: readonly Storage[],
  results: ReadonlySet<number>,
  external: ReadonlySet<number>,
): { offsets: Map<number, number>; bytes: number } {
  const lastUse = new Map<number, number>()
  order.forEach((w, i) => {
    for (const b of [...w.reads, ...w.writes]) lastUse.set(b, i)
  })
  for (const b of results) lastUse.set(b, order.length)
  const arena = createArena()
  const offsets = new Map<number, number>()
  order.forEach((w, i) => {
    const spots = w.steps.length === 1 ? replaceable(w.steps[0]) : () => []
    const taken = new Set<number>()
    const mine = (b: number): boolean => !external.has(b) && offsets.has(b)
    for (const b of w.writes) {
      if (external.has(b)) continue
      const source = spots(b).find(
        (r) => mine(r) && lastUse.get(r) === i && !taken.has(r) && bytesOf(buffers[r]) === bytesOf(buffers[b]),
      )
      if (source !== undefined) {
        taken.add(source)
        offsets.set(b, offsets.get(source)!)
      } else offsets.set(b, arena.take(bytesOf(buffers[b])))
    }
    for (const b of new Set([...w.reads, ...w.writes])) {
      if (mine(b) && lastUse.get(b) === i && !taken.has(b)) arena.give(offsets.get(b)!, bytesOf(buffers[b]))
    }
  })
  return { offsets, bytes: arena.peak() }
}
