import {
  f32x4,
  f64x2,
  i32,
  i32x4,
  shuffle,
  v128,
  type FunctionBuilder,
  type Module,
  type Value,
} from '@gradloom/blas-wasm'
import { byteSize, roundTo, type DType } from '@gradloom/core'
import { fromHalf, toHalf } from './half.ts'

export type Vector = Value<'v128'>

/** How many lanes are live: 4 of 32 bits, 2 (kernels that touch float64; 32-bit values then lie in lanes 0 and 1), or
 * 1:
 * a single element, held in every lane, so that it may meet vectors of any width. */
export type LaneCount = 1 | 2 | 4

/** What emitting code needs at hand. */
export interface Emitter {
  readonly module: Module
  readonly f: FunctionBuilder
  /** Whether fused multiply-add may be used. */
  readonly relaxed: boolean
  /** Whether vector functions are written out where they are used: not in kernels with many of them, whose code would
   * explode. */
  readonly inline: boolean
}

/** A value in a register. Bools are masks of all ones: of 32-bit lanes, or `wide` ones as float64 comparisons give
 * them. */
export interface Cell {
  readonly v: Vector
  readonly wide: boolean
}

/** The dtype whose lanes hold elements: float16 is computed in float32. */
export const registerDType = (dtype: DType): DType => (dtype === 'float16' ? 'float32' : dtype)

export const plain = (v: Vector): Cell => ({ v, wide: false })

/** A mask over 32-bit lanes. */
export const narrow = ({ v, wide }: Cell, f: FunctionBuilder): Vector =>
  wide ? doubled(v, f, (x) => shuffle(x, x, 0, 2, 0, 2)) : v
/** A mask over 64-bit lanes. */
export const widen = ({ v, wide }: Cell, f: FunctionBuilder): Vector =>
  wide ? v : doubled(v, f, (x) => shuffle(x, x, 0, 0, 1, 1))

/** `use(x)` for a `use` that names its operand twice. */
export function doubled(v: Vector, f: FunctionBuilder, use: (x: Vector) => Vector): Vector {
  return use('index' in v ? v : f.let(v))
}

/** The result of a narrowing conversion, which leaves the upper lanes 0: a single element must fill them. */
export const refill = (v: Vector, lanes: LaneCount, f: FunctionBuilder): Vector =>
  lanes === 1 ? doubled(v, f, (x) => shuffle(x, x, 0, 0, 0, 0)) : v

export const constant = (value: number, dtype: DType): Vector =>
  dtype === 'float32' || dtype === 'float16'
    ? f32x4.splat(roundTo(value, dtype))
    : dtype === 'float64'
      ? f64x2.splat(value)
      : dtype === 'bool'
        ? i32x4.splat(value ? -1 : 0)
        : i32x4.splat(value | 0)

const shifted = (address: Value<'i32'>, by: number, f: FunctionBuilder): readonly [Value<'i32'>, number] =>
  by >= 0 ? [address, by] : [f.let(i32.add(address, by)), 0]

/** Moves of one lane, by the bytes of an element. */
const MOVES = {
  2: { splat: v128.load16Splat, zero: v128.load16Splat, lane: v128.load16Lane },
  4: { splat: v128.load32Splat, zero: v128.load32Zero, lane: v128.load32Lane },
  8: { splat: v128.load64Splat, zero: v128.load64Zero, lane: v128.load64Lane },
}
const sizeOf = (dtype: DType): 2 | 4 | 8 => byteSize(dtype) as 4

/** Loads `lanes` elements that lie `stride` bytes apart, the first at address + by. */
export function load(
  dtype: DType,
  address: Value<'i32'>,
  by: number,
  stride: number,
  lanes: LaneCount,
  f: FunctionBuilder,
): Cell {
  const size = sizeOf(dtype)
  const row = size * lanes
  const v =
    lanes === 1 || stride === 0
      ? MOVES[size].splat(...shifted(address, by, f))
      : stride === size
        ? (row === 16 ? v128.load : MOVES[row as 4 | 8].zero)(...shifted(address, by, f), 2)
        : gather(size, address, by, stride, lanes, f)
  return plain(dtype === 'bool' ? i32x4.ne(v, 0) : dtype === 'float16' ? fromHalf(v, f) : v)
}

function gather(
  size: 2 | 4 | 8,
  address: Value<'i32'>,
  by: number,
  stride: number,
  lanes: number,
  f: FunctionBuilder,
): Vector {
  const [base, first] = shifted(address, Math.min(by, by + stride * (lanes - 1)), f)
  const at = (lane: number): number => first + (stride < 0 ? stride * (lane - lanes + 1) : stride * lane)
  let v = MOVES[size].zero(base, at(0))
  for (let lane = 1; lane < lanes; lane++) v = MOVES[size].lane(base, v, lane, at(lane))
  return v
}

/** Stores `lanes` elements `stride` bytes apart, the first at address + by. */
export function store(
  dtype: DType,
  cell: Cell,
  address: Value<'i32'>,
  by: number,
  stride: number,
  lanes: LaneCount,
  f: FunctionBuilder,
): void {
  const size = sizeOf(dtype)
  const v = dtype === 'bool' ? v128.and(narrow(cell, f), 1) : dtype === 'float16' ? toHalf(cell.v, f) : cell.v
  const one = (size * 8) as 16 | 32 | 64
  if (lanes === 1) f.storeLane(one, ...around(address, by, v, 0, f))
  else if (stride === size && size * lanes === 16) {
    const [base, offset] = shifted(address, by, f)
    f.store('v128', base, v, offset)
  } else if (stride === size) f.storeLane((one * lanes) as 32 | 64, ...around(address, by, v, 0, f))
  else {
    const kept = f.let(v)
    for (let lane = 0; lane < lanes; lane++) f.storeLane(one, ...around(address, by + lane * stride, kept, lane, f))
  }
}

const around = (
  address: Value<'i32'>,
  by: number,
  v: Vector,
  lane: number,
  f: FunctionBuilder,
): [Value<'i32'>, Vector, number, number] => {
  const [base, offset] = shifted(address, by, f)
  return [base, v, lane, offset]
}

/** Steps `stride` apart: start, start + stride ... */
export const ramp = (start: Value<'i32'>, stride: number): Vector => {
  const splat = i32x4.splat(start)
  return stride === 0 ? splat : i32x4.add(splat, i32x4.const(0, stride, 2 * stride, 3 * stride))
}
