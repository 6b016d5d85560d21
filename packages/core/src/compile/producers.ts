import { isFloat } from '../dtype.ts'
import type { Tensor } from '../graph/tensor.ts'
import { broadcastMap, linear, moving, type IndexMap } from './indexMap.ts'
import type { Views } from './views.ts'

/** A value that another reads, and where. */
export interface Producer {
  readonly value: Tensor
  readonly map: IndexMap
}

/** What computing a value over its space takes from elsewhere. */
export interface Takes {
  /** Stored values. */
  readonly reads: readonly Producer[]
  /** Ops that give positions. */
  readonly positions: readonly Producer[]
  /** Whether any of it, or the value, is float64. */
  readonly isWide: boolean
}

/** The shape that a value is computed over. */
export const spaceOf = (t: Tensor): readonly number[] => (t.node.op.form.kind === 'reduce' ? t.node.inputs[0] : t).shape

/** What is behind a value, up to what is not computed in place. */
export function takenBy(t: Tensor, views: Views, isInlined: (value: Tensor) => boolean): Takes {
  const reads: Producer[] = []
  const positions: Producer[] = []
  let isWide = t.dtype === 'float64'
  const rank = moving(spaceOf(t)).length
  const enter = (x: Tensor, map: IndexMap): void => {
    for (const input of x.node.inputs) visit(input, broadcastMap(map, input.shape))
  }
  const visit = (x: Tensor, at: IndexMap): void => {
    const { base: value, map } = views.resolve(x, at, rank)
    isWide ||= value.dtype === 'float64'
    if (!isInlined(value)) reads.push({ value, map })
    else if (value.node.op.form.kind === 'index') positions.push({ value, map })
    else enter(value, map)
  }
  const own = views.own(spaceOf(t))
  const kind = views.kindOf(t)
  if (kind === 'map') enter(t, own)
  else visit(kind === 'view' ? t : t.node.inputs[0], own)
  return { reads, positions, isWide }
}

/** For each dimension of the space of a value, whether it reduces it; null if it is no reduction. */
export function reducedBy(t: Tensor): readonly boolean[] | null {
  const { op, attrs } = t.node
  if (op.form.kind !== 'reduce') return null
  const { axes } = op.form.reduce(attrs)
  return moving(spaceOf(t)).map((axis) => axes.includes(axis))
}

/** The order in which floats are summed: neighbouring reduced dimensions as one, or each by itself. */
export type Order = 'merged' | 'apart'

/** The order of a reduction whose bits depend on one; else null. It depends on the reduction and the views that it
 * reads alone, not on what else a kernel computes: where these run through dimensions in one stride, they are one. */
export function orderOf(t: Tensor, views: Views): Order | null {
  if (!isSum(t)) return null
  const dims = dimsOf(t)
  const { base: value, map } = views.resolve(t.node.inputs[0], views.own(spaceOf(t)), dims.length)
  return runsOn({ value, map }, dims, reducedBy(t)!) ? 'merged' : 'apart'
}

const isSum = (t: Tensor): boolean => {
  const { op, attrs } = t.node
  if (op.form.kind !== 'reduce' || !isFloat(t.dtype)) return false
  const { kind } = op.form.reduce(attrs)
  return kind === 'sum' || kind === 'prod'
}

/** What a value is to others in a kernel, as bits: 1 for a sum of floats, 2 for a search for a position, which is never
 * split as long sums are; 4 for a sum of floats that are not float64, 8 for what has float64, of which fewer are added
 * at a time. */
export function traitsOf(t: Tensor, { isWide }: Takes): number {
  const { op, attrs } = t.node
  const isSearch = op.form.kind === 'reduce' && op.form.reduce(attrs).kind.startsWith('arg')
  return (isSearch ? 2 : 0) | (isSum(t) ? (isWide ? 1 : 5) : 0) | (isWide ? 8 : 0)
}

/** Whether values of these traits may be in one kernel: sums keep the order that they have alone. */
export const suit = (traits: number): boolean => (traits & 3) < 3 && (traits & 12) < 12

/** The sizes of a value's space. */
export const dimsOf = (t: Tensor): number[] => moving(spaceOf(t)).map((axis) => spaceOf(t)[axis])

/** Whether all that is taken runs through neighbouring reduced dimensions in one stride, as through one. */
export const isEven = ({ reads, positions }: Takes, dims: readonly number[], reduced: readonly boolean[]): boolean =>
  [...reads, ...positions].every((p) => runsOn(p, dims, reduced))

function runsOn({ value, map }: Producer, dims: readonly number[], reduced: readonly boolean[]): boolean {
  const isPair = (d: number): boolean => d > 0 && reduced[d - 1] && reduced[d]
  if (!reduced.some((_, d) => isPair(d))) return true
  const { strides } = linear(map, value.shape, dims.length)
  return reduced.every((_, d) => !isPair(d) || strides[d - 1] === strides[d] * dims[d])
}
