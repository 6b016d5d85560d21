import { range, sameShape, sizeOf } from '../shape.ts'
import type { Numbering } from '../graph/numbering.ts'
import type { Tensor } from '../graph/tensor.ts'
import { broadcastMap, moving, over, sameMap, type IndexMap } from './indexMap.ts'
import type { Stored } from './storage.ts'

/** A stored value that another reads, and where. */
export interface Producer {
  readonly value: Tensor
  readonly map: IndexMap
}

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
  reduced: readonly boolean[] | null
  /** What each member reads, in the order they joined. */
  readonly members: Map<Tensor, readonly Producer[]>
  /** Members with one value per outer index. */
  readonly outer: Set<Tensor>
  /** Instructions. */
  size: number
  /** Values of others that it reads. */
  readonly reads: Set<Tensor>
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
  readonly reads: readonly Producer[]
  readonly dims: readonly number[]
  /** Which dimensions of its space it reduces; null if it is no reduction. */
  readonly flags: readonly boolean[] | null
}

/** The groups of values that loop kernels compute. */
export interface LoopGroups {
  groupOf(t: Tensor): LoopGroup | undefined
  all(): Iterable<LoopGroup>
  /** The stored values that computing `t` over its space reads. */
  producersOf(t: Tensor): Producer[]
  /** Values are added in graph order. */
  add(t: Tensor, order: number): void
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
 * several); everything else that it reads is then of a lower level, so no cycle can arise.
 */
export function createLoopGroups(stored: Stored, numbers: Numbering, rules: GroupRules): LoopGroups {
  const { own, kindOf, resolve, isInlined, costOf } = stored
  const groups = numbers.table<LoopGroup>()
  const list = new Set<LoopGroup>()
  const spaceOf = (t: Tensor): readonly number[] => (kindOf(t) === 'reduce' ? t.node.inputs[0] : t).shape

  function producersOf(t: Tensor): Producer[] {
    const found: Producer[] = []
    const space = spaceOf(t)
    const rank = moving(space).length
    const enter = (x: Tensor, map: IndexMap): void => {
      for (const input of x.node.inputs) visit(input, broadcastMap(map, input.shape))
    }
    const visit = (x: Tensor, map: IndexMap): void => {
      const { base: value, map: at } = resolve(x, map, rank)
      if (isInlined(value)) enter(value, at)
      else found.push({ value, map: at })
    }
    const kind = kindOf(t)
    if (kind === 'map') enter(t, own(space))
    else visit(kind === 'view' ? t : t.node.inputs[0], own(space))
    return found
  }
  const flagsOf = (t: Tensor): readonly boolean[] | null => {
    const { op, attrs } = t.node
    if (op.form.kind !== 'reduce') return null
    const { axes } = op.form.reduce(attrs)
    return moving(spaceOf(t)).map((axis) => axes.includes(axis))
  }

  /** Whether a value reads members of a group only where the group has them in turn. */
  const readsInTurn = ({ reads, dims }: Candidate, g: LoopGroup, outer: readonly number[]): boolean =>
    reads.every(({ value, map }) => {
      if (!g.members.has(value)) return true
      return sameMap(map, g.outer.has(value) ? over(value.shape, outer, dims.length) : own(value.shape))
    })
  /** How a value would join a group: among its full values, its outer ones, or not at all. */
  function fit(candidate: Candidate, g: LoopGroup): 'full' | 'outer' | null {
    const { t, reads, dims, flags } = candidate
    const isTooLarge = g.size + costOf(t).size > MAX_SIZE || g.reads.size + reads.length > rules.maxBuffers(g.target)
    if (isTooLarge || !rules.fuses(g.target) || g.target !== rules.targetOf(t)) return null
    if (sameShape(dims, g.dims)) {
      const reduced = g.reduced ?? flags
      if (!sameFlags(flags, g.reduced)) return null
      if (reduced && sizeOf(rowDims({ dims, reduced })) < MIN_ROWS && sizeOf(dims) > SMALL) return null
      return readsInTurn(candidate, g, kept(g)) ? 'full' : null
    }
    if (!g.reduced || flags || !sameShape(dims, rowDims(g))) return null
    const readsRows = reads.every(({ value }) => g.outer.has(value) || !g.members.has(value))
    return readsRows && readsInTurn(candidate, g, range(dims.length)) ? 'outer' : null
  }
  const canMerge = (a: LoopGroup, b: LoopGroup): boolean =>
    sameShape(a.dims, b.dims) &&
    sameFlags(a.reduced, b.reduced) &&
    a.size + b.size <= MAX_SIZE &&
    a.reads.size + b.reads.size <= rules.maxBuffers(a.target)

  function join(g: LoopGroup, t: Tensor, reads: readonly Producer[], isOuter: boolean): void {
    const flags = flagsOf(t)
    g.reduced = flags ?? g.reduced
    if (flags || isOuter) g.outer.add(t)
    for (const { value } of reads) if (!g.members.has(value)) g.reads.add(value)
    g.members.set(t, reads)
    g.size += costOf(t).size
    groups.set(t, g)
  }
  function absorb(g: LoopGroup, other: LoopGroup): void {
    for (const [t, reads] of other.members) join(g, t, reads, other.outer.has(t))
    list.delete(other)
  }

  /** The groups that compute what is of the highest level; none where something else does. */
  function highestOf(reads: readonly Producer[]): { level: number; highest: readonly LoopGroup[] } {
    let level = 0
    for (const { value } of reads) level = Math.max(level, rules.levelOf(value))
    const highest: LoopGroup[] = []
    for (const { value } of reads) {
      if (level === 0 || rules.levelOf(value) !== level) continue
      const g = groups.get(value)
      if (!g) return { level, highest: [] }
      if (!highest.includes(g)) highest.push(g)
    }
    return { level, highest }
  }

  return {
    groupOf: groups.get,
    all: () => list,
    producersOf,
    add(t, order) {
      const reads = producersOf(t)
      const dims = spaceOf(t).filter((n) => n !== 1)
      const { level, highest } = highestOf(reads)
      const candidate: Candidate = { t, reads, dims, flags: flagsOf(t) }
      const how = highest.length ? fit(candidate, highest[0]) : null
      const joins =
        how !== null &&
        highest.every((g, i) => {
          const isFit = i === 0 || fit(candidate, g) === how
          return isFit && highest.slice(0, i).every((f) => canMerge(f, g))
        })
      if (!joins) {
        const g: LoopGroup = {
          target: rules.targetOf(t),
          level: level + 1,
          order,
          dims,
          reduced: null,
          members: new Map(),
          outer: new Set(),
          size: 0,
          reads: new Set(),
        }
        list.add(g)
        join(g, t, reads, false)
        return
      }
      const [first, ...rest] = highest
      for (const g of rest) absorb(first, g)
      join(first, t, reads, how === 'outer')
    },
  }
}
