import { getOrInsert } from '../map.ts'
import type { Shape } from '../shape.ts'
import { allocate, type Layout } from './allocate.ts'
import type { Schedule } from './commit.ts'
import type { Compiled, Graph, StepGroup, Target } from './program.ts'

/** A buffer that a piece gives, and the number of the value that it is. */
export interface Given {
  readonly buffer: number
  readonly shape: Shape
  readonly value: number
}

/** A stretch of an order that one target runs, with places in its arena. */
export interface Piece {
  readonly target: number
  readonly groups: readonly StepGroup[]
  readonly gives: readonly Given[]
  readonly byteOffsets: Layout['byteOffsets']
  readonly arenaBytes: number
}

/** A schedule in pieces: buffers that cross from one to another are values. */
export interface Pieces extends Pick<Compiled, 'results' | 'updates'> {
  readonly schedule: Schedule
  readonly pieces: readonly Piece[]
  /** The numbers of values by the buffers that they cross in. */
  readonly crossing: ReadonlyMap<number, number>
}

/** Stretches of an order that one target runs. */
function stretches(order: readonly StepGroup[]): StepGroup[][] {
  const all: StepGroup[][] = []
  for (const g of order) {
    const last = all.at(-1)
    if (last && last[0].target === g.target) last.push(g)
    else all.push([g])
  }
  return all
}

/** Bytes of arenas by target, of which each has one, as large as its pieces ask. */
export function arenasOf({ pieces }: Pieces): number[] {
  const bytes: number[] = []
  for (const { target, arenaBytes } of pieces) bytes[target] = Math.max(bytes[target] ?? 0, arenaBytes)
  return bytes
}

/** Bytes of all of these arenas. */
export const arenaBytesOf = (cut: Pieces): number => arenasOf(cut).reduce((sum, own) => sum + own, 0)

/** Cuts a schedule where it goes from one target to another, and places what each piece computes. */
export function cut(graph: Graph, schedule: Schedule, targets: readonly Target[]): Pieces {
  const { buffers, results, values, inPlace, only } = schedule
  const stretched = stretches(schedule.order)
  const stretchOf: number[] = []
  stretched.forEach((groups, i) => {
    for (const { writes } of groups) for (const b of writes) stretchOf[b] = i
  })

  let valueCount = 0
  const given: Given[][] = stretched.map(() => [])
  // Results that no stretch can give, because they are leaves of dtypes that it has not.
  const apart: { target: number; gives: Given[] }[] = []
  const hasDType = (target: number, b: number): boolean =>
    targets[target].capabilities.dtypes.includes(buffers[b].dtype)
  /** The number of the value that a buffer is given as. */
  const give = (b: number, shape: Shape = [buffers[b].size]): number => {
    const value = valueCount++
    const at = stretchOf[b] ?? stretched.findIndex(([g]) => hasDType(g.target, b))
    if (at >= 0) given[at].push({ buffer: b, shape, value })
    else {
      const first = targets.findIndex((_, i) => hasDType(i, b))
      apart.push({ target: Math.max(0, first), gives: [{ buffer: b, shape, value }] })
    }
    return value
  }
  const resultNumbers = results.map((b, i) => give(b, graph.outputs[i].shape))
  const updates = only === null ? graph.updates.map(({ variable }, i) => ({ variable, value: give(values[i]) })) : []
  const crossing = new Map<number, number>()
  stretched.forEach((groups, i) => {
    for (const { reads } of groups)
      for (const b of reads) if ((stretchOf[b] ?? i) !== i) getOrInsert(crossing, b, () => give(b))
  })

  const piece = (groups: readonly StepGroup[], target: number, gives: readonly Given[]): Piece => {
    const written = new Set(groups.flatMap((g) => g.writes))
    const isExternal = (b: number): boolean => inPlace.has(b) || buffers[b].leaf !== null || !written.has(b)
    const kept = new Set([...gives.map((g) => g.buffer), ...(only === null ? [] : values)])
    const { alignment } = targets[target].capabilities.limits ?? {}
    const layout = allocate({ order: groups, buffers, results: kept, isExternal, alignment })
    return { target, groups, gives, byteOffsets: layout.byteOffsets, arenaBytes: layout.byteLength }
  }
  const pieces = [
    ...stretched.map((groups, i) => piece(groups, groups[0].target, given[i])),
    ...apart.map(({ target, gives }) => piece([], target, gives)),
  ]
  if (!pieces.length) pieces.push(piece([], only ?? 0, []))
  return { schedule, pieces, results: resultNumbers, updates, crossing }
}
