import { i32, type Value } from '@gradloom/blas-wasm'
import type { Instruction } from '@gradloom/core'
import type { Cursors } from './cursor.ts'
import { roundHalf } from './half.ts'
import { constant, load, plain, ramp, registerDType, type Cell, type Emitter, type LaneCount } from './lanes.ts'
import { operation } from './operation.ts'
import type { Affine, Space, SpacePhase } from './space.ts'

/** What one pass of a body covers: `copies` vectors of `lanes` neighbours along dimension `axis`. */
export interface Width {
  readonly lanes: LaneCount
  readonly copies: number
  readonly axis: number
}
/** One element, held in every lane. */
export const SINGLE: Width = { lanes: 1, copies: 1, axis: -1 }

/** The dimensions that each instruction of a phase depends on, as bits. Reductions depend on all outer ones. */
export function dependencies({ code, affine }: SpacePhase, { affines, outer }: Space): readonly number[] {
  const bits: number[] = []
  code.forEach((i, k) => {
    bits.push(
      affine[k] >= 0
        ? affines[affine[k]].strides.reduce((set, s, d) => (s ? set | (1 << d) : set), 0)
        : i.op === 'reduced'
          ? (1 << outer.length) - 1
          : 'args' in i
            ? i.args.reduce((set, a) => set | bits[a], 0)
            : 0,
    )
  })
  return bits
}

/** An index that moves along the axis, at copy `c`. */
export function indexAt({ strides }: Affine, cursor: Value<'i32'>, { lanes, axis }: Width, c: number): Cell {
  const stride = lanes === 1 ? 0 : (strides[axis] ?? 0)
  return plain(ramp(c && stride ? i32.add(cursor, c * lanes * stride) : cursor, stride))
}

/** Emits one instruction for copy `c`. Values that do not vary along the axis have the cell of copy 0 alone. */
export function evaluate(
  e: Emitter,
  { affines }: Space,
  { code, affine }: SpacePhase,
  k: number,
  c: number,
  cells: readonly (readonly Cell[])[],
  reduced: readonly (readonly Cell[])[],
  cursors: Cursors,
  varies: boolean,
  width: Width,
): Cell {
  const { f } = e
  const i: Instruction = code[k]
  const lanes = varies ? width.lanes : 1
  const pinned = ({ v, wide }: Cell): Cell => ({ v: 'index' in v ? v : f.let(v), wide })
  if (i.op === 'const') return plain(f.hoist(constant(i.value, i.dtype)))
  if (i.op === 'reduced') return reduced[i.value][c] ?? reduced[i.value][0]
  if (i.op === 'index') return pinned(indexAt(affines[affine[k]], cursors[affine[k]], width, c))
  if (i.op === 'read') {
    const { strides, dtype } = affines[affine[k]]
    const stride = strides[width.axis] ?? 0
    return pinned(load(dtype, cursors[affine[k]], c * lanes * stride, stride, lanes, f))
  }
  const args = i.args.map((a) => ({
    ...(cells[a][c] ?? cells[a][0]),
    dtype: registerDType(code[a].dtype),
    literal: literalOf(code[a]),
  }))
  if (i.dtype !== 'float16') return pinned(operation(i.op, i.dtype, args, lanes, e))
  const [x] = args
  // From float64 straight to float16, as two roundings can differ from one.
  if (x.dtype === 'float64') args[0] = { ...x, v: roundHalf(x.v, 'float64', f) }
  const { v } = operation(i.op, 'float32', args, lanes, e)
  return pinned(plain(i.op === 'select' ? v : roundHalf(v, 'float32', f)))
}

const literalOf = (i: Instruction): number | undefined => (i.op === 'const' ? i.value : undefined)
