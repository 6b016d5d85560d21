import { range, sameShape, sizeOf } from '../shape.ts'
import type { Tensor } from '../graph/tensor.ts'
import { broadcastMap, moving, over, own, type Affine } from './affine.ts'
import { kindOf, resolve, type Demand } from './demand.ts'

/**
 * Values that one loop kernel computes. Its space has a dimension per moving axis of its full values; `reduced` marks
 * the inner ones, null while no reduction has joined. Every group it reads from has a lower level, so groups never
 * wait for each other.
 */
export interface Group {
  readonly level: number
  /** Place of its first value in graph order. */
  readonly order: number
  readonly dims: readonly number[]
  reduced: readonly boolean[] | null
  /** What each member reads, in the order they joined. */
  readonly members: Map<Tensor, readonly Producer[]>
  /** Members with one value per outer index. */
  readonly outer: Set<Tensor>
  size: number
  readonly reads: Set<Tensor>
}

/** Instructions and buffers of a kernel: beyond them registers spill, and WebGPU's default bindings run out. */
const MAX_SIZE = 192
const MAX_BUFFERS = 24
/** A kernel that goes over rows more than once needs rows to share out, or little to do. */
const MIN_ROWS = 8
const SMALL = 1 << 14

/** The shape that a stored value iterates over. */
export const spaceOf = (t: Tensor): readonly number[] => (kindOf(t) === 'reduction' ? t.node.inputs[0].shape : t.shape)
const dimsOf = (shape: readonly number[]): number[] => moving(shape).map((i) => shape[i])

export interface Producer {
  readonly value: Tensor
  readonly map: Affine
}

/** The stored values that computing `t` over its space reads, with their maps. */
export function producers(t: Tensor, demand: Demand): Producer[] {
  const found: Producer[] = []
  const space = spaceOf(t)
  const rank = moving(space).length
  const enter = (x: Tensor, map: Affine): void => {
    for (const input of x.node.inputs) visit(input, broadcastMap(map, input.shape))
  }
  const visit = (x: Tensor, map: Affine): void => {
    const at = resolve(x, map, rank)
    if (demand.inlined(at.base)) enter(at.base, at.map)
    else found.push({ value: at.base, map: at.map })
  }
  if (kindOf(t) === 'inline') enter(t, own(space))
  else visit(kindOf(t) === 'view' ? t : t.node.inputs[0], own(space))
  return found
}

/** Dimensions of a group that its outer values have. */
export const kept = (g: Pick<Group, 'dims' | 'reduced'>): number[] =>
  range(g.dims.length).filter((d) => !g.reduced?.[d])
const rowDims = (g: Pick<Group, 'dims' | 'reduced'>): number[] => kept(g).map((d) => g.dims[d])
const sameMap = (a: Affine, b: Affine): boolean =>
  a.every((row, i) => row.offset === b[i].offset && sameShape(row.steps, b[i].steps))
/** Which dimensions of its space a value reduces, null if it is no reduction. */
function reducedBy(t: Tensor): boolean[] | null {
  const reduction = t.node.op.reduction?.(t.node.attrs)
  return reduction ? moving(spaceOf(t)).map((axis) => reduction.axes.includes(axis)) : null
}

/** How `t` would join `g`: among its full values, its outer ones, or not at all. */
function place(t: Tensor, reads: readonly Producer[], g: Group, size: number): 'full' | 'outer' | null {
  if (g.size + size > MAX_SIZE || g.reads.size + reads.length > MAX_BUFFERS) return null
  const dims = dimsOf(spaceOf(t))
  const flags = reducedBy(t)
  const all = range(dims.length)
  const inTurn = (outer: readonly number[]): boolean =>
    reads.every(
      ({ value, map }) =>
        !g.members.has(value) || sameMap(map, over(value.shape, g.outer.has(value) ? outer : all, dims.length)),
    )
  if (sameShape(dims, g.dims)) {
    if (flags && g.reduced && String(flags) !== String(g.reduced)) return null
    const reduced = g.reduced ?? flags
    if (reduced && sizeOf(rowDims({ dims, reduced })) < MIN_ROWS && sizeOf(dims) > SMALL) return null
    return inTurn(kept(g)) ? 'full' : null
  }
  return g.reduced &&
    !flags &&
    sameShape(dims, rowDims(g)) &&
    reads.every(({ value }) => g.outer.has(value) || !g.members.has(value)) &&
    inTurn(all)
    ? 'outer'
    : null
}

const mergeable = (a: Group, b: Group): boolean =>
  sameShape(a.dims, b.dims) &&
  (!a.reduced || !b.reduced || String(a.reduced) === String(b.reduced)) &&
  a.size + b.size <= MAX_SIZE &&
  a.reads.size + b.reads.size <= MAX_BUFFERS

/**
 * The group of every stored loop value. A value joins the groups of its highest-level producers where it iterates as
 * they do (they merge if there are several); everything else that it reads is then of a lower level, so no cycle can
 * arise.
 * `levelOf`: the level of any value. Values are added in graph order.
 */
export function createGroups(
  demand: Demand,
  fuse: boolean,
): { groups: Map<Tensor, Group>; add(t: Tensor, order: number, levelOf: (t: Tensor) => number): void } {
  const groups = new Map<Tensor, Group>()
  const join = (t: Tensor, reads: readonly Producer[], g: Group, outer: boolean): void => {
    const reduced = reducedBy(t)
    g.reduced = reduced ?? g.reduced
    if (reduced || outer) g.outer.add(t)
    for (const { value } of reads) if (!g.members.has(value)) g.reads.add(value)
    g.members.set(t, reads)
    g.size += demand.size(t)
    groups.set(t, g)
  }
  const add = (t: Tensor, order: number, levelOf: (t: Tensor) => number): void => {
    const reads = producers(t, demand)
    const level = Math.max(0, ...reads.map((p) => levelOf(p.value)))
    const top = [
      ...new Set(reads.flatMap((p) => (levelOf(p.value) === level && level > 0 ? [groups.get(p.value)] : []))),
    ]
    const [how, ...others] = top.map((g) => (g && fuse ? place(t, reads, g, demand.size(t)) : null))
    const [first, ...rest] = top as Group[]
    const joins =
      Boolean(how) &&
      others.every((h) => h === how) &&
      (top as Group[]).every((g, i) => (top as Group[]).slice(0, i).every((f) => mergeable(f, g)))
    const target = joins
      ? first
      : {
          level: level + 1,
          order,
          dims: dimsOf(spaceOf(t)),
          reduced: null,
          members: new Map<Tensor, readonly Producer[]>(),
          outer: new Set<Tensor>(),
          size: 0,
          reads: new Set<Tensor>(),
        }
    if (joins) for (const g of rest) for (const [m, itsReads] of g.members) join(m, itsReads, target, g.outer.has(m))
    join(t, reads, target, joins && how === 'outer')
  }
  return { groups, add }
}
