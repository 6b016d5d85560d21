import { getOrInsert } from '../map.ts'
import type { StepGroup } from './program.ts'

/** Groups that overwrite variables in place, with the buffers of these variables. */
export type Commits = ReadonlyMap<StepGroup, readonly number[]>

export interface Ordered {
  readonly order: readonly StepGroup[]
  /** The commits that can be made in place. The rest are given up. */
  readonly kept: ReadonlySet<StepGroup>
}

/**
 * An order in which every group runs after those that it depends on: graph order where nothing speaks against it. A
 * commit waits until every other reader of its variables is done and nothing is left that can fail, so that a failed
 * run leaves variables alone; from then on it goes first, which frees what it reads. With several targets, one is
 * stayed on as long as it has something to do.
 */
export function orderGroups(groups: readonly StepGroup[], commits: Commits): Ordered {
  const writers = new Map<number, StepGroup>()
  for (const g of groups) for (const b of g.writes) writers.set(b, g)
  const waiting = new Map<StepGroup, number>()
  const dependents = new Map<StepGroup, StepGroup[]>()
  const readers = new Map<number, number>()
  for (const g of groups) {
    const before = new Set(g.after)
    for (const b of g.reads) {
      const writer = writers.get(b)
      if (writer) before.add(writer)
      readers.set(b, (readers.get(b) ?? 0) + 1)
    }
    waiting.set(g, before.size)
    for (const other of before) getOrInsert(dependents, other, () => [] as StepGroup[]).push(g)
  }

  const risks = new Set(groups.flatMap((g) => g.risk ?? []))
  const order: StepGroup[] = []
  const kept = new Set<StepGroup>()
  const ready = createReady()
  const held: StepGroup[] = []
  const hasOtherReaders = (g: StepGroup, b: number): boolean => (readers.get(b) ?? 0) > Number(g.reads.includes(b))
  const mayCommit = (g: StepGroup): boolean => risks.size === 0 && !commits.get(g)!.some((b) => hasOtherReaders(g, b))

  function next(): StepGroup | undefined {
    const freed = held.findIndex(mayCommit)
    if (freed >= 0) {
      const [g] = held.splice(freed, 1)
      kept.add(g)
      return g
    }
    for (let g = ready.take(order.at(-1)?.target); g; g = ready.take(g.target)) {
      if (!commits.has(g)) return g
      if (mayCommit(g)) {
        kept.add(g)
        return g
      }
      held.push(g)
    }
    // Nothing is left but commits that wait for one another: one that others wait for gives up its variable.
    const given = held.findIndex((g) => dependents.has(g))
    return held.splice(Math.max(0, given), 1)[0]
  }

  for (const g of groups) if (!waiting.get(g)) ready.add(g)
  for (let g = next(); g; g = next()) {
    order.push(g)
    if (g.risk) risks.delete(g.risk)
    for (const b of g.reads) readers.set(b, readers.get(b)! - 1)
    for (const d of dependents.get(g) ?? []) {
      const left = waiting.get(d)! - 1
      waiting.set(d, left)
      if (!left) ready.add(d)
    }
  }
  return { order, kept }
}

/** Groups that could run, a heap for each target with the first in graph order on top. */
function createReady(): { add(g: StepGroup): void; take(target?: number): StepGroup | undefined } {
  const heaps: StepGroup[][] = []
  return {
    add(g) {
      const heap = (heaps[g.target] ??= [])
      let at = heap.push(g) - 1
      while (at > 0) {
        const parent = (at - 1) >> 1
        if (heap[parent].order <= g.order) break
        heap[at] = heap[parent]
        at = parent
      }
      heap[at] = g
    },
    take(target = -1) {
      const heap = heaps[target]?.length ? heaps[target] : heaps.find((h) => h?.length)
      const top = heap?.[0]
      const last = heap?.pop()
      if (!heap || !last || !heap.length) return top
      let at = 0
      for (;;) {
        let child = 2 * at + 1
        if (child >= heap.length) break
        if (child + 1 < heap.length && heap[child + 1].order < heap[child].order) child++
        if (heap[child].order >= last.order) break
        heap[at] = heap[child]
        at = child
      }
      heap[at] = last
      return top
    },
  }
}
