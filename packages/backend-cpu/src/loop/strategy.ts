import { byteSize, type DType, type Instruction, type ReduceKind } from '@gradloom/core'
import type { LaneCount } from './lanes.ts'
import { isCostly } from './operation.ts'
import type { Space, SpacePhase } from './space.ts'

/** How a kernel is vectorised: lanes are neighbours along the last inner dimension (each row is reduced across lanes),
 * or along the last outer one (each lane is an outer index of its own). */
export interface Strategy {
  readonly axis: 'inner' | 'outer'
  /** For the outer axis: of the whole kernel. */
  readonly lanes: LaneCount
  readonly copies: number
}

const isOrdered = (kind: ReduceKind, dtype: DType): boolean =>
  (kind === 'sum' || kind === 'prod') && dtype.startsWith('float')

/** 4 lanes, or 2 where a float64 is touched. */
export const lanesOf = (phases: readonly SpacePhase[]): 2 | 4 =>
  phases.some(({ code }) => code.some((i) => i.dtype === 'float64')) ? 2 : 4

const COPIES = 4

/** Vectors handled side by side: hides latencies and loop overhead where bodies are short. Sums of floats are taken in
 * as many parts whatever else the code does. */
export function copiesOf(phase: SpacePhase, lanes: number, size: number): number {
  if (phase.reduce.some(({ kind, value }) => isOrdered(kind, phase.code[value].dtype)))
    return Math.max(1, Math.min(COPIES, Math.floor(size / lanes)))
  const cost = phase.code.reduce((sum, i) => sum + (isCostly(i) ? 20 : i.op === 'const' ? 0 : 1), 0)
  const wanted = cost <= 8 ? COPIES : cost <= 20 ? 2 : 1
  return phase.reduce.some(({ kind }) => kind.startsWith('arg'))
    ? 1
    : Math.max(1, Math.min(wanted, Math.floor(size / lanes)))
}

/** Instructions per element when lanes run along dimension `dim` of `size`, counting loads of single lanes one by one.
 * */
function cost(space: Space, phase: SpacePhase, dim: number, size: number, lanes: number): number {
  const unit = (i: Instruction, k: number): number => {
    if (i.op !== 'read') return i.op === 'const' || i.op === 'reduced' ? 0 : isCostly(i) ? 20 : 1
    return spread(space, phase.affine[k], dim, lanes)
  }
  const body =
    phase.code.reduce((sum, i, k) => sum + unit(i, k), 0) +
    phase.write.reduce((sum, w) => sum + spread(space, w.affine, dim, lanes), 0)
  const steps = Math.floor(size / lanes) + (size % lanes)
  return ((body + 1) * steps) / size
}
const spread = ({ affines }: Space, at: number, dim: number, lanes: number): number => {
  const { strides, dtype } = affines[at]
  const stride = strides[dim]
  return stride === 0 || stride === byteSize(dtype) ? 1 : lanes + 1
}

/** Chooses by the cost of the inner phases, where no order of sums says. Decided by sizes and strides alone, so results
 * do not depend on threads. */
export function strategyOf(space: Space): Strategy {
  const { outer, inner, phases } = space
  const lanes = lanesOf(phases)
  const width = outer.at(-1) ?? 1
  const length = inner.at(-1) ?? 1
  const total = (dim: number, size: number): number =>
    phases.reduce((sum, p) => sum + (p.over === 'inner' ? cost(space, p, dim, size, lanes) : 0), 0)
  const along =
    inner.length > 0 && length > 0
      ? outer.length === 0 ||
        (space.lanes
          ? space.lanes === 'inner'
          : total(outer.length + inner.length - 1, length) <= total(outer.length - 1, width))
      : false
  if (along) return { axis: 'inner', lanes: 1, copies: 1 }
  if (inner.length === 0)
    return { axis: 'outer', lanes, copies: Math.min(...phases.map((p) => copiesOf(p, lanes, width))) }
  // Four vectors of a row fill a cache line, which the next row of a column-wise walk would find evicted. Costly code
  // is not repeated.
  const costly = phases.reduce((sum, { code }) => sum + code.filter(isCostly).length, 0) > 2
  return { axis: 'outer', lanes, copies: costly ? 1 : Math.max(1, Math.min(4, Math.floor(width / lanes))) }
}
