import { f32x4, f64x2, i32x4, v128 } from '@gradloom/blas-wasm'
import type { DType } from '@gradloom/core'
import { narrow, plain, refill, widen, type Cell, type Emitter, type LaneCount } from './lanes.ts'

/** A conversion of lanes: floats to integers truncate and clamp to the range, NaN gives 0; to bool, whether it is not
 * 0. */
export function cast(cell: Cell, from: DType, to: DType, lanes: LaneCount, { f }: Emitter): Cell {
  const { v } = cell
  if (from === to) return cell
  if (from === 'bool') {
    return plain(
      to === 'float32'
        ? v128.and(narrow(cell, f), f32x4.splat(1))
        : to === 'float64'
          ? v128.and(widen(cell, f), f64x2.splat(1))
          : v128.and(narrow(cell, f), 1),
    )
  }
  if (to === 'bool')
    return from === 'float64'
      ? { v: f64x2.ne(v, 0), wide: true }
      : plain(from === 'float32' ? f32x4.ne(v, 0) : i32x4.ne(v, 0))
  if (from === 'float32') {
    return plain(
      to === 'float64' ? f64x2.promoteLowF32x4(v) : to === 'int32' ? i32x4.truncSatF32x4S(v) : i32x4.truncSatF32x4U(v),
    )
  }
  if (from === 'float64') {
    const narrowed =
      to === 'float32'
        ? f32x4.demoteF64x2Zero(v)
        : to === 'int32'
          ? i32x4.truncSatF64x2SZero(v)
          : i32x4.truncSatF64x2UZero(v)
    return plain(refill(narrowed, lanes, f))
  }
  if (to === 'float32') return plain(from === 'int32' ? f32x4.convertI32x4S(v) : f32x4.convertI32x4U(v))
  if (to === 'float64') return plain(from === 'int32' ? f64x2.convertLowI32x4S(v) : f64x2.convertLowI32x4U(v))
  return cell
}
