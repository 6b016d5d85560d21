import { getOrInsert } from '../map.ts'
import { copyStep } from './assembly.ts'
import { stepGroup, type Fused } from './fuse.ts'
import { orderGroups } from './order.ts'
import type { Graph, StepGroup, Storage } from './program.ts'
import { canReplace } from './replace.ts'

/** Groups in order, and where results are. */
export interface Schedule {
  readonly order: readonly StepGroup[]
  readonly buffers: readonly Storage[]
  /** The buffer of each output of the program. */
  readonly results: readonly number[]
  /** The buffer of each variable's new value, where the variable is not written in place. */
  readonly values: readonly number[]
  /** Buffers that are the buffers of variables: what is written there is the variable. */
  readonly inPlace: ReadonlyMap<number, number>
  /** Buffers of variables that are written. */
  readonly written: ReadonlySet<number>
  /** The target that runs it all, and writes variables; null where several do. */
  readonly only: number | null
}

/** Order that leaves variables alone, for several targets: values of variables are results, for the engine to put in
 * place when all have run. */
export function scheduleApart({ outputs, updates }: Graph, { groups, buffers, bufferOf }: Fused): Schedule {
  return {
    order: orderGroups(groups, new Map()).order,
    buffers,
    results: outputs.map(bufferOf),
    values: updates.map((u) => bufferOf(u.value)),
    inPlace: new Map(),
    written: new Set(),
    only: null,
  }
}

/**
 * Order for one target. A value is computed in its variable's buffer where nothing else reads that any more, or its
 * kernel can write where it reads; else it is copied there at the end.
 */
export function scheduleInPlace(
  { outputs, updates }: Graph,
  { groups, buffers, bufferOf }: Fused,
  target: number,
): Schedule {
  const all: StepGroup[] = [...groups]
  // A variable that nothing reads gets its buffer here.
  const targets = updates.map((u) => bufferOf(u.variable))
  const storage: Storage[] = [...buffers]
  const isTarget = new Set(targets)

  // A result that is the old value of a variable is copied before the variable changes.
  const settled = [...outputs, ...updates.map((u) => u.value)].map((t) => {
    const b = bufferOf(t)
    if (!isTarget.has(b)) return b
    const snapshot = storage.push({ ...storage[b], leaf: null }) - 1
    all.push(stepGroup([copyStep(t, b, snapshot)], { order: -1, target, origin: t.node.origin }))
    return snapshot
  })
  const results = settled.slice(0, outputs.length)
  const values = settled.slice(outputs.length)

  const writer = new Map<number, StepGroup>()
  const read = new Set<number>()
  for (const g of all) {
    for (const b of g.writes) writer.set(b, g)
    for (const b of g.reads) read.add(b)
  }
  const commits = new Map<StepGroup, number[]>()
  const first = new Map<number, number>()
  values.forEach((b, i) => getOrInsert(first, b, () => i))
  const isCandidate = values.map((b, i) => {
    const g = writer.get(b)
    if (!g || first.get(b) !== i || (read.has(targets[i]) && !canReplace(g.steps, b, targets[i]))) return false
    getOrInsert(commits, g, () => [] as number[]).push(targets[i])
    return true
  })

  const { order, kept } = orderGroups(all, commits)
  const inPlace = new Map<number, number>()
  const ends: StepGroup[] = []
  values.forEach((b, i) => {
    const { variable } = updates[i]
    if (isCandidate[i] && kept.has(writer.get(b)!)) inPlace.set(b, targets[i])
    else {
      const { origin } = variable.node
      ends.push(stepGroup([copyStep(variable, b, targets[i])], { order: Infinity, target, origin }))
    }
  })
  return { order: [...order, ...ends], buffers: storage, results, values, inPlace, written: isTarget, only: target }
}
