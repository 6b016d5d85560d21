import { f32x4, f64x2, i32x4, shuffle, v128, type FunctionBuilder, type Local } from '@gradloom/blas-wasm'
import { byteSize, type DType, type ReduceKind } from '@gradloom/core'
import { laneOps } from './arithmetic.ts'
import { constant, doubled, narrow, type Cell, type LaneCount, type Vector } from './lanes.ts'

/** Additions that a float32 lane takes before its sum moves on to float64: bounds the error of any sum by about 70 eps
 * times the sum of magnitudes, in an order that sizes alone decide. */
export const BLOCK = 64

/** Reduces values into registers. */
export interface Accumulator {
  reset(): void
  /** Takes `copies` vectors of `lanes` elements (one cell stands for all, where they are equal). `positions` for
   * argMax, argMin. */
  take(cells: readonly Cell[], lanes: LaneCount, copies: number, positions: readonly Vector[]): void
  /** Ends a block of at most BLOCK calls of `take`. */
  flush(): void
  /** Results per lane, one vector a copy; or, where lanes are combined, one value in every lane. */
  finish(): readonly Vector[]
}

export interface AccumulatorOptions {
  readonly kind: ReduceKind
  readonly dtype: DType
  readonly lanes: LaneCount
  readonly copies: number
  /** Lanes are elements of one reduction (else of different ones). */
  readonly combine: boolean
  /** More than BLOCK additions happen a lane. */
  readonly long: boolean
}

/** Value that leaves the other operand as it is. */
function identity(kind: ReduceKind, dtype: DType): Vector {
  if (kind === 'any' || kind === 'all') return i32x4.splat(kind === 'all' ? -1 : 0)
  if (kind === 'sum' || kind === 'prod') return constant(kind === 'prod' ? 1 : 0, dtype)
  const low = kind === 'max' || kind === 'argMax'
  if (dtype === 'int32') return i32x4.splat(low ? -(2 ** 31) : 2 ** 31 - 1)
  if (dtype === 'uint32' || dtype === 'bool') return i32x4.splat(low ? 0 : -1)
  return constant(low ? -Infinity : Infinity, dtype)
}

type Combine = (a: Vector, b: Vector, f: FunctionBuilder) => Vector
const combiner = (kind: ReduceKind, dtype: DType): Combine =>
  kind === 'any'
    ? (a, b) => v128.or(a, b)
    : kind === 'all'
      ? (a, b) => v128.and(a, b)
      : laneOps(dtype).binary[kind === 'sum' ? 'add' : kind === 'prod' ? 'mul' : (kind as 'max' | 'min')]!

/** Lanes exchanged at distance 2, then 1, so that combining with each leaves the whole in every lane. */
export const exchanges = (dtype: DType, lanes: LaneCount): readonly ((x: Vector) => Vector)[] =>
  lanes === 1
    ? []
    : byteSize(dtype) === 8
      ? [(x) => shuffle(x, x, 1, 0)]
      : lanes === 2
        ? [(x) => shuffle(x, x, 1, 0, 1, 0)]
        : [(x) => shuffle(x, x, 2, 3, 0, 1), (x) => shuffle(x, x, 1, 0, 3, 2)]

/** A whole that two lanes of 32 bits hold, in all four: another phase may take wider vectors. */
export const everywhere = (v: Vector, dtype: DType, lanes: LaneCount, f: FunctionBuilder): Vector =>
  lanes === 2 && byteSize(dtype) === 4 ? doubled(v, f, (x) => shuffle(x, x, 0, 0, 0, 0)) : v

/** An accumulator for everything but argMax and argMin. */
export function createAccumulator(
  f: FunctionBuilder,
  { kind, dtype, lanes, copies, combine, long }: AccumulatorOptions,
): Accumulator {
  const merge = combiner(kind, dtype)
  const start = identity(kind, dtype)
  const main = Array.from({ length: copies }, () => f.local('v128'))
  const single = combine && lanes > 1 ? f.local('v128') : undefined
  const all = single ? [...main, single] : main
  const totals =
    long && kind === 'sum' && dtype === 'float32'
      ? all.map((acc) => createTotal(f, acc, acc === single ? 1 : lanes))
      : []
  // max and min of floats are long sequences where NaN must come through: here NaN is noted beside, as all ones, and
  // let in at the end.
  const real = dtype === 'float32' ? f32x4 : f64x2
  const extreme = dtype.startsWith('float') && (kind === 'max' || kind === 'min')
  const shared = f.local('v128')
  const sawNaN = new Map(extreme ? all.map((acc) => [acc, combine ? shared : f.local('v128')]) : [])
  const short = (a: Vector, b: Vector): Vector => (kind === 'max' ? real.pmax : real.pmin)(a, b)
  const set = (acc: Local<'v128'>, v: Vector): void => {
    const nan = sawNaN.get(acc)
    if (!nan) return f.set(acc, merge(acc, v, f))
    f.set(acc, short(acc, v))
    f.set(nan, v128.or(nan, real.ne(v, v)))
  }
  const clear = (): void => all.forEach((acc) => f.set(acc, f.hoist(start)))
  return {
    reset: () => {
      clear()
      totals.forEach((t) => t.reset())
      sawNaN.forEach((nan) => f.set(nan, i32x4.splat(0)))
    },
    take: (cells, width, count) => {
      const vectors = cells.map((c) => (dtype === 'bool' ? narrow(c, f) : c.v))
      if (width === 1 && single) set(single, vectors[0])
      else for (let i = 0; i < count; i++) set(main[i], vectors[i] ?? vectors[0])
    },
    flush: () => {
      if (totals.length === 0) return
      totals.forEach((t) => t.add())
      clear()
    },
    finish: () => {
      totals.forEach((t) => t.finish())
      if (!combine) {
        sawNaN.forEach((nan, acc) => f.set(acc, v128.or(acc, nan)))
        return main
      }
      const meet = extreme ? short : merge
      const across = (v: Vector, of: Combine): Vector =>
        exchanges(dtype, lanes).reduce((x, swap) => doubled(x, f, (y) => of(y, swap(y), f)), v)
      // Copies meet pairwise, then lanes, then what was left over.
      let level: Vector[] = main
      while (level.length > 1)
        level = level.flatMap((v, i) => (i % 2 ? [] : i + 1 < level.length ? [meet(v, level[i + 1], f)] : [v]))
      let value = across(level[0], meet)
      if (single) value = meet(value, single, f)
      if (extreme)
        value = v128.or(
          value,
          across(sawNaN.get(main[0])!, (a, b) => v128.or(a, b)),
        )
      return [everywhere(value, dtype, lanes, f)]
    },
  }
}

/** The float64 total behind a float32 accumulator. */
function createTotal(
  f: FunctionBuilder,
  acc: Local<'v128'>,
  lanes: LaneCount,
): { reset(): void; add(): void; finish(): void } {
  const low = f.local('v128')
  const high = lanes === 4 ? f.local('v128') : undefined
  const add = (): void => {
    f.set(low, f64x2.add(low, f64x2.promoteLowF32x4(acc)))
    if (high) f.set(high, f64x2.add(high, f64x2.promoteLowF32x4(shuffle(acc, acc, 2, 3, 0, 1))))
  }
  const narrowed = (x: Local<'v128'>): Local<'v128'> => f.let(f32x4.demoteF64x2Zero(x))
  return {
    reset: () => [low, ...(high ? [high] : [])].forEach((x) => f.set(x, f64x2.splat(0))),
    add,
    finish: () => {
      add()
      const a = narrowed(low)
      const b = high ? narrowed(high) : a
      f.set(acc, lanes === 4 ? shuffle(a, b, 0, 1, 4, 5) : shuffle(a, a, 0, 1, 0, 1))
    },
  }
}
