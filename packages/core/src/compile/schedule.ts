import type { Work } from './fuse.ts'

/**
 * An order in which every work runs after the writers of what it reads. `commits`: works that overwrite a variable in
 * place, with the variable's buffer; they wait until every other reader of it is done and nothing is left that can fail,
 * so that a failed run leaves variables alone. Where that cannot be, the commit is given up (`kept` lacks it).
 */
export function schedule(works: readonly Work[], commits: ReadonlyMap<Work, readonly number[]>): { order: Work[]; kept: Set<Work> } {
  const writers = new Map<number, Work>(), waiting = new Map<Work, number>(), readers = new Map<Work, Work[]>(), readCount = new Map<number, number>()
  for (const w of works) for (const b of w.writes) writers.set(b, w)
  for (const w of works) {
    const sources = new Set([...w.reads].flatMap((b) => writers.get(b) ?? []))
    waiting.set(w, sources.size)
    for (const s of sources) readers.set(s, [...(readers.get(s) ?? []), w])
    for (const b of w.reads) readCount.set(b, (readCount.get(b) ?? 0) + 1)
  }
  let fallible = works.filter((w) => w.fallible).length
  const order: Work[] = [], kept = new Set<Work>(), heap = createHeap()
  const held: Work[] = []
  const free = (w: Work): boolean => fallible === 0 && commits.get(w)!.every((b) => (readCount.get(b) ?? 0) === Number(w.reads.has(b)))
  for (const w of works) if (!waiting.get(w)) heap.push(w)
  for (;;) {
    const ready = held.findIndex(free)
    let w: Work | undefined
    if (ready >= 0) { [w] = held.splice(ready, 1); kept.add(w) }
    else {
      w = heap.pop()
      if (w && commits.has(w)) {
        if (!free(w)) { held.push(w); continue }
        kept.add(w)
      }
      // Only what others wait for gives up its place.
      w ??= held.splice(Math.max(0, held.findIndex((h) => readers.has(h))), 1)[0]
    }
    if (!w) return { order, kept }
    order.push(w)
    fallible -= Number(w.fallible)
    for (const b of w.reads) readCount.set(b, readCount.get(b)! - 1)
    for (const r of readers.get(w) ?? []) {
      waiting.set(r, waiting.get(r)! - 1)
      if (!waiting.get(r)) heap.push(r)
    }
  }
}

/** Works by their place in the graph, the first one out first. */
function createHeap(): { push(w: Work): void; pop(): Work | undefined } {
  const items: Work[] = []
  const swap = (i: number, j: number): void => { [items[i], items[j]] = [items[j], items[i]] }
  return {
    push(w) {
      let i = items.push(w) - 1
      for (let up = (i - 1) >> 1; i > 0 && items[i].order < items[up].order; i = up, up = (i - 1) >> 1) swap(i, up)
    },
    pop() {
      if (items.length < 2) return items.pop()
      const top = items[0]
      items[0] = items.pop()!
      for (let i = 0; ;) {
        const l = 2 * i + 1, least = [i, l, l + 1].reduce((a, b) => (b < items.length && items[b].order < items[a].order ? b : a))
        if (least === i) return top
        swap(i, least)
        i = least
      }
    },
  }
}
