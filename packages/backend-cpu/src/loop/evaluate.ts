import { i32, type Value } from '@gradloom/blas-wasm'
import type { Instruction } from '@gradloom/core'
import type { Cursors } from './cursor.ts'
import { constant, load, plain, ramp, type Cell, type Emitter, type LaneCount } from './lanes.ts'
import { operation } from './operation.ts'
import type { Affine, Space, SpacePhase } from './space.ts'

/** What one pass of a body covers: `copies` vectors of `lanes` neighbours along dimension `axis`. */
export interface Width { readonly lanes: LaneCount; readonly copies: number; readonly axis: number }
/** One element, held in every lane. */
export const SINGLE: Width = { lanes: 1, copies: 1, axis: -1 }

/** The dimensions that each instruction of a phase depends on, as bits. Reductions depend on all outer ones. */
export function dependencies({ code, affine }: SpacePhase, { affines, outer }: Space): readonly number[] {
  const bits: number[] = []
  code.forEach((i, k) => {
    bits.push(
      affine[k] >= 0 ? affines[affine[k]].strides.reduce((set, s, d) => (s ? set | (1 << d) : set), 0)
      : i.op === 'reduced' ? (1 << outer.length) - 1
      : 'args' in i ? i.args.reduce((set, a) => set | bits[a], 0)
      : 0)
  })
  return bits
}

/** Cells of an index that moves along the axis: one a copy. */
export function indices({ strides }: Affine, cursor: Value<'i32'>, { lanes, copies, axis }: Width): Cell[] {
  const stride = lanes === 1 ? 0 : strides[axis] ?? 0
  return Array.from({ length: stride ? copies : 1 }, (_, c) => plain(ramp(c ? i32.add(cursor, c * lanes * stride) : cursor, stride)))
}

/** Emits one instruction. Values that do not vary along the axis have one cell, others one a copy. */
export function evaluate(
  e: Emitter, { affines }: Space, { code, affine }: SpacePhase, k: number, cells: readonly (readonly Cell[])[], reduced: readonly (readonly Cell[])[],
  cursors: Cursors, varies: boolean, width: Width,
): readonly Cell[] {
  const { f } = e, i: Instruction = code[k], lanes = varies ? width.lanes : 1
  const pinned = (list: readonly Cell[]): readonly Cell[] => list.map((c) => ({ v: 'index' in c.v ? c.v : f.let(c.v), wide: c.wide }))
  if (i.op === 'const') return [plain(f.hoist(constant(i.value, i.dtype)))]
  if (i.op === 'reduced') return reduced[i.value]
  if (i.op === 'index') return pinned(indices(affines[affine[k]], cursors[affine[k]], width))
  const copies = varies ? width.copies : 1
  if (i.op === 'read') {
    const { strides, dtype } = affines[affine[k]], stride = strides[width.axis] ?? 0
    return Array.from({ length: copies }, (_, c) => pinned([load(dtype, cursors[affine[k]], c * lanes * stride, stride, lanes, f)])[0])
  }
  return Array.from({ length: copies }, (_, c) => {
    const args = i.args.map((a) => ({ ...(cells[a][c] ?? cells[a][0]), dtype: code[a].dtype, literal: literalOf(code[a]) }))
    return pinned([operation(i.op, i.dtype, args, lanes, e)])[0]
  })
}

const literalOf = (i: Instruction): number | undefined => (i.op === 'const' ? i.value : undefined)
