import { range, sameShape, sizeOf } from '../shape.ts'
import type { Numbering } from '../graph/numbering.ts'
import type { Tensor } from '../graph/tensor.ts'
import type { Apart } from '../plan/plan.ts'
import { over, sameMap } from './indexMap.ts'
import {
  dimsOf,
  isEven,
  orderOf,
  reducedBy,
  suit,
  takenBy,
  traitsOf,
  type Order,
  type Producer,
  type Takes,
} from './producers.ts'
import type { Stored } from './storage.ts'

/**
 * Values that one loop kernel computes. Its space has a dimension per moving axis of its full values; `reduced` marks
 * the inner ones, null while no reduction has joined. Every group it reads from has a lower level, so groups never
 * wait for each other.
 */
export interface LoopGroup {
  readonly target: number
  readonly level: number
  /** Position of its first value in graph order. */
  readonly order: number
  readonly dims: readonly number[]
  /** Why its first value did not join the group that it reads, where it reads one. */
  readonly apart?: Apart
  reduced: readonly boolean[] | null
  /** In which order it sums floats, if it does. */
  sums: Order | null
  /** Of its members; see `suit`. */
  traits: number
  /** What each member reads, in the order they joined. */
  readonly members: Map<Tensor, readonly Producer[]>
  /** What its full values take. */
  readonly takes: Takes[]
  /** Members with one value per outer index. */
  readonly outer: Set<Tensor>
  /** Instructions. */
  size: number
  /** Values of others that it reads. */
  readonly reads: Set<Tensor>
  /** Values that are computed before it is, though it does not read them. */
  readonly after: Set<Tensor>
}

/** Instructions of a kernel: beyond them registers spill. */
const MAX_SIZE = 192
/** A kernel that goes over rows more than once needs rows to share out, or little to do. */
const MIN_ROWS = 8
const SMALL = 1 << 14

/** Dimensions of a group that its outer values have. */
export const kept = (g: Pick<LoopGroup, 'dims' | 'reduced'>): number[] =>
  range(g.dims.length).filter((d) => !g.reduced?.[d])
const rowDims = (g: Pick<LoopGroup, 'dims' | 'reduced'>): number[] => kept(g).map((d) => g.dims[d])

const sameFlags = (a: readonly boolean[] | null, b: readonly boolean[] | null): boolean =>
  !a || !b || a.every((flag, i) => flag === b[i])

/** A value about to join a group. */
interface Candidate {
  readonly t: Tensor
  readonly takes: Takes
  readonly dims: readonly number[]
  /** Which dimensions of its space it reduces; null if it is no reduction. */
  readonly flags: readonly boolean[] | null
}

type Highest = readonly (LoopGroup | undefined)[]

/** The groups of values that loop kernels compute. */
export interface LoopGroups {
  groupOf(t: Tensor): LoopGroup | undefined
  all(): Iterable<LoopGroup>
  /** The stored values that computing `t` over its space reads. */
  producersOf(t: Tensor): readonly Producer[]
  /** Values are added in graph order; one can wait for another that it does not read. */
  add(t: Tensor, order: number, after: Tensor | null): void
}

/** What groups may be: one target each, of which `fuses` and `maxBuffers` speak. */
export interface GroupRules {
  targetOf(t: Tensor): number
  fuses(target: number): boolean
  /** Buffers that a target's kernels can bind. */
  maxBuffers(target: number): number
  /** The level of any value. */
  levelOf(t: Tensor): number
}

/**
 * A value joins the groups of its highest-level producers where it iterates as they do (they merge if there are
 * several); everything else that it reads or waits for is then of a lower level, so no cycle can arise.
 */
export function createLoopGroups(stored: Stored, numbers: Numbering, rules: GroupRules): LoopGroups {
  const { own, isInlined, costOf } = stored
  const groups = numbers.table<LoopGroup>()
  const list = new Set<LoopGroup>()
  const takes = (t: Tensor): Takes => takenBy(t, stored, isInlined)

  /** Whether a value reads members of a group only where the group has them in turn. */
  const readsInTurn = ({ takes: { reads }, dims }: Candidate, g: LoopGroup, outer: readonly number[]): boolean =>
    reads.every(({ value, map }) => {
      if (!g.members.has(value)) return true
      return sameMap(map, g.outer.has(value) ? over(value.shape, outer, dims.length) : own(value.shape))
    })
  /** How a value would join a group: among its full values, its outer ones, or why not at all. */
  function fit(candidate: Candidate, g: LoopGroup): 'full' | 'outer' | Apart {
    const { t, takes: taken, dims, flags } = candidate
    const { reads } = taken
    if (!rules.fuses(g.target) || g.target !== rules.targetOf(t)) return 'backend'
    if (stored.goesOn(t)) return 'terms'
    if (g.size + costOf(t).size > MAX_SIZE) return 'size'
    if (g.reads.size + reads.length > rules.maxBuffers(g.target)) return 'buffers'
    if (!suit(g.traits | traitsOf(t, taken))) return 'sums'
    if (sameShape(dims, g.dims)) {
      const reduced = g.reduced ?? flags
      if (!sameFlags(flags, g.reduced)) return 'axes'
      const sums = orderOf(t, stored)
      if (sums && g.sums && sums !== g.sums) return 'sums'
      const all = sums && !g.sums ? [taken, ...g.takes] : [taken]
      if (reduced && (g.sums ?? sums) === 'merged' && !all.every((x) => isEven(x, dims, reduced))) return 'sums'
      if (reduced && sizeOf(rowDims({ dims, reduced })) < MIN_ROWS && sizeOf(dims) > SMALL) return 'rows'
      return readsInTurn(candidate, g, kept(g)) ? 'full' : 'elements'
    }
    if (!g.reduced || flags || !sameShape(dims, rowDims(g))) return 'space'
    const readsRows = reads.every(({ value }) => g.outer.has(value) || !g.members.has(value))
    return readsRows && readsInTurn(candidate, g, range(dims.length)) ? 'outer' : 'elements'
  }
  const allows = (g: LoopGroup, other: LoopGroup): boolean =>
    !g.sums ||
    ((other.sums ?? g.sums) === g.sums &&
      (g.sums === 'apart' || other.takes.every((x) => isEven(x, other.dims, g.reduced!))))
  const canMerge = (a: LoopGroup, b: LoopGroup): boolean =>
    allows(a, b) &&
    allows(b, a) &&
    suit(a.traits | b.traits) &&
    sameShape(a.dims, b.dims) &&
    sameFlags(a.reduced, b.reduced) &&
    a.size + b.size <= MAX_SIZE &&
    a.reads.size + b.reads.size <= rules.maxBuffers(a.target)

  function join(g: LoopGroup, t: Tensor, taken: Takes, isOuter: boolean): void {
    const { reads } = taken
    const flags = reducedBy(t)
    g.reduced = flags ?? g.reduced
    g.sums ??= orderOf(t, stored)
    g.traits |= traitsOf(t, taken)
    if (!isOuter) g.takes.push(taken)
    if (flags || isOuter) g.outer.add(t)
    for (const { value } of reads) if (!g.members.has(value)) g.reads.add(value)
    g.members.set(t, reads)
    g.size += costOf(t).size
    groups.set(t, g)
  }
  function absorb(g: LoopGroup, other: LoopGroup): void {
    for (const t of other.members.keys()) join(g, t, takes(t), other.outer.has(t) && !reducedBy(t))
    for (const t of other.after) g.after.add(t)
    list.delete(other)
  }

  /** The groups that compute what is of the highest level, from `least` on; undefined for what is in none. */
  function highestOf(reads: readonly Producer[], least: number): { level: number; highest: Highest } {
    let level = least
    for (const { value } of reads) level = Math.max(level, rules.levelOf(value))
    const highest: (LoopGroup | undefined)[] = []
    for (const { value } of reads) {
      if (level === 0 || rules.levelOf(value) !== level) continue
      const g = groups.get(value)
      if (!highest.includes(g)) highest.push(g)
    }
    return { level, highest }
  }

  return {
    groupOf: groups.get,
    all: () => list,
    producersOf: (t) => takes(t).reads,
    add(t, order, after) {
      const taken = takes(t)
      const dims = dimsOf(t)
      const { level, highest } = highestOf(taken.reads, after ? rules.levelOf(after) : 0)
      const candidate: Candidate = { t, takes: taken, dims, flags: reducedBy(t) }
      const [first] = highest
      const how = first && fit(candidate, first)
      const isFit = how === 'full' || how === 'outer'
      const joins =
        isFit &&
        highest.every((g, i) => {
          const isAlike = g === first || (g && fit(candidate, g) === how)
          return isAlike && highest.slice(0, i).every((f) => canMerge(f!, g!))
        })
      if (!joins) {
        const g: LoopGroup = {
          target: rules.targetOf(t),
          level: level + 1,
          order,
          dims,
          ...(how && { apart: isFit ? 'merge' : how }),
          reduced: null,
          sums: null,
          traits: 0,
          takes: [],
          members: new Map(),
          outer: new Set(),
          size: 0,
          reads: new Set(),
          after: new Set(),
        }
        if (after) g.after.add(after)
        list.add(g)
        join(g, t, taken, false)
        return
      }
      for (const g of highest.slice(1)) absorb(first!, g!)
      if (after) first!.after.add(after)
      join(first!, t, taken, how === 'outer')
    },
  }
}
