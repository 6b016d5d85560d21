import { byteSize } from '../dtype.ts'
import type { Storage, Work } from './fuse.ts'
import type { Access, Step } from './plan.ts'

/** Regions start at multiples of a cache line, which is also WebGPU's strictest binding alignment divided by four. */
const ALIGNMENT = 64
const bytesOf = (b: Storage): number => Math.ceil((b.size * byteSize(b.dtype)) / ALIGNMENT) * ALIGNMENT

/** Free regions of the arena, sorted by offset, neighbours merged. */
function createArena(): { take(bytes: number): number; give(offset: number, bytes: number): void; peak(): number } {
  const holes: { offset: number; bytes: number }[] = []
  let end = 0
  return {
    take(bytes) {
      let best = -1
      holes.forEach((h, i) => { if (h.bytes >= bytes && (best < 0 || h.bytes < holes[best].bytes)) best = i })
      if (best >= 0) {
        const hole = holes[best], offset = hole.offset
        if (hole.bytes === bytes) holes.splice(best, 1)
        else { hole.offset += bytes; hole.bytes -= bytes }
        return offset
      }
      const last = holes[holes.length - 1], reuse = last && last.offset + last.bytes === end ? holes.pop()!.bytes : 0
      const offset = end - reuse
      end = offset + bytes
      return offset
    },
    give(offset, bytes) {
      if (!bytes) return
      const at = holes.findIndex((h) => h.offset > offset), i = at < 0 ? holes.length : at
      holes.splice(i, 0, { offset, bytes })
      if (holes[i + 1] && offset + bytes === holes[i + 1].offset) holes[i].bytes += holes.splice(i + 1, 1)[0].bytes
      if (holes[i - 1] && holes[i - 1].offset + holes[i - 1].bytes === offset) holes[i - 1].bytes += holes.splice(i, 1)[0].bytes
    },
    peak: () => end,
  }
}

/** For a buffer that a step writes: those that it reads only where it writes it, and no later. Outer indices never meet, so
 * these can share its place. */
function replaceable(step: Step): (target: number) => number[] {
  if (step.type !== 'loop') return () => []
  const where = (a: Access): string => `${byteSize(a.dtype)}+${a.offset}[${a.strides}]`
  const reads = new Map<number, Set<string>>(), lastPhase = new Map<number, number>(), written = new Map<number, { phase: number; where: string }>()
  for (const a of step.reads) reads.set(a.buffer, (reads.get(a.buffer) ?? new Set<string>()).add(where(a)))
  step.phases.forEach((p, phase) => {
    for (const c of p.code) if (c.op === 'read') lastPhase.set(step.reads[c.read].buffer, phase)
    for (const w of p.write) written.set(w.access.buffer, { phase, where: where(w.access) })
  })
  return (target) => {
    const to = written.get(target)!
    return [...reads].flatMap(([b, places]) => (!written.has(b) && lastPhase.get(b)! <= to.phase && places.size === 1 && places.has(to.where) ? [b] : []))
  }
}

/** Whether a loop may write `target` over `source`, element by element. */
export const canReplace = (steps: readonly Step[], target: number, source: number): boolean =>
  steps.length === 1 && steps[0].type === 'loop' && (!steps[0].reads.some((a) => a.buffer === source) || replaceable(steps[0])(target).includes(source))

/** Arena offsets by liveness in `order`; results live to the end. Values in `external` have a place already. */
export function allocate(
  order: readonly Work[], buffers: readonly Storage[], results: ReadonlySet<number>, external: ReadonlySet<number>,
): { offsets: Map<number, number>; bytes: number } {
  const lastUse = new Map<number, number>()
  order.forEach((w, i) => { for (const b of [...w.reads, ...w.writes]) lastUse.set(b, i) })
  for (const b of results) lastUse.set(b, order.length)
  const arena = createArena(), offsets = new Map<number, number>()
  order.forEach((w, i) => {
    const spots = w.steps.length === 1 ? replaceable(w.steps[0]) : () => []
    const taken = new Set<number>(), mine = (b: number): boolean => !external.has(b) && offsets.has(b)
    for (const b of w.writes) {
      if (external.has(b)) continue
      const source = spots(b).find((r) => mine(r) && lastUse.get(r) === i && !taken.has(r) && bytesOf(buffers[r]) === bytesOf(buffers[b]))
      if (source !== undefined) { taken.add(source); offsets.set(b, offsets.get(source)!) }
      else offsets.set(b, arena.take(bytesOf(buffers[b])))
    }
    for (const b of new Set([...w.reads, ...w.writes])) {
      if (mine(b) && lastUse.get(b) === i && !taken.has(b)) arena.give(offsets.get(b)!, bytesOf(buffers[b]))
    }
  })
  return { offsets, bytes: arena.peak() }
}
