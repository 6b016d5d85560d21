import { getOrInsert } from '../map.ts'
import type { Work } from './fuse.ts'

/**
 * An order in which every work runs after the writers of what it reads. `commits`: works that overwrite a variable in
 * place, with the variable's buffer; they wait until every other reader of it is done and nothing is left that can
 * fail, so that a failed run leaves variables alone. Where that cannot be, the commit is given up (`kept` lacks it).
 */
export function schedule(
  works: readonly Work[],
  commits: ReadonlyMap<Work, readonly number[]>,
): { order: Work[]; kept: Set<Work> } {
  const writers = new Map<number, Work>()
  const waiting = new Map<Work, number>()
  const readers = new Map<Work, Work[]>()
  const readCount = new Map<number, number>()
  for (const w of works) for (const b of w.writes) writers.set(b, w)
  for (const w of works) {
    const sources = new Set([...w.reads].flatMap((b) => writers.get(b) ?? []))
    waiting.set(w, sources.size)
    for (const s of sources) getOrInsert(readers, s, () => [] as Work[]).push(w)
    for (const b of w.reads) readCount.set(b, (readCount.get(b) ?? 0) + 1)
  }
  let fallible = works.filter((w) => w.fallible).length
  const order: Work[] = []
  const kept = new Set<Work>()
  const ready: Work[] = []
  const held: Work[] = []
  // Sorted, the first in graph order at the end.
  const enter = (w: Work): void => {
    let from = 0
    let to = ready.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (ready[middle].order > w.order) from = middle + 1
      else to = middle
    }
    ready.splice(from, 0, w)
  }
  const free = (w: Work): boolean =>
    fallible === 0 && commits.get(w)!.every((b) => (readCount.get(b) ?? 0) === Number(w.reads.has(b)))
  for (const w of works) if (!waiting.get(w)) enter(w)
  for (;;) {
    const freed = held.findIndex(free)
    let w = freed < 0 ? ready.pop() : held.splice(freed, 1)[0]
    if (w && commits.has(w)) {
      if (!free(w)) {
        held.push(w)
        continue
      }
      kept.add(w)
    }
    // Only what others wait for gives up its place.
    w ??= held.splice(
      Math.max(
        0,
        held.findIndex((h) => readers.has(h)),
      ),
      1,
    )[0]
    if (!w) return { order, kept }
    order.push(w)
    fallible -= Number(w.fallible)
    for (const b of w.reads) readCount.set(b, readCount.get(b)! - 1)
    for (const r of readers.get(w) ?? []) {
      waiting.set(r, waiting.get(r)! - 1)
      if (!waiting.get(r)) enter(r)
    }
  }
}
