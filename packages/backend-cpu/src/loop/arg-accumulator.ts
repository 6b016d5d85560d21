import { i32x4, v128, type FunctionBuilder, type Local } from '@gradloom/blas-wasm'
import type { DType } from '@gradloom/core'
import { constant, narrow, type Vector } from './lanes.ts'
import { laneOps } from './arithmetic.ts'
import { everywhere, exchanges, type Accumulator, type AccumulatorOptions } from './accumulator.ts'

interface Best {
  readonly value: Local<'v128'>
  readonly at: Local<'v128'>
}

/** Accumulates argMax or argMin: the first position of the extreme; the first NaN, if there is one. */
export function createArgAccumulator(
  f: FunctionBuilder,
  { kind, dtype: given, lanes, copies, combine }: AccumulatorOptions,
): Accumulator {
  const dtype: DType = given === 'bool' ? 'uint32' : given
  const largest = kind === 'argMax'
  const real = dtype.startsWith('float')
  const { lt, eq } = laneOps(dtype).binary
  const isNaN = (x: Vector): Vector => laneOps(dtype).unary.isNaN!(x, f)
  const mask = (v: Vector): Vector => narrow({ v, wide: dtype === 'float64' }, f)
  const make = (): Best => ({ value: f.local('v128'), at: f.local('v128') })
  const main = Array.from({ length: copies }, make)
  const single = combine && lanes > 1 ? make() : undefined

  /** Lanes where `value` beats the best; NaN beats all numbers. */
  const beats = (value: Vector, best: Vector): Vector => {
    const better = largest ? lt!(best, value, f) : lt!(value, best, f)
    return real ? v128.or(better, v128.andnot(isNaN(value), isNaN(best))) : better
  }
  const ties = (a: Vector, b: Vector): Vector =>
    real ? v128.or(eq!(a, b, f), v128.and(isNaN(a), isNaN(b))) : eq!(a, b, f)
  const take = (best: Best, value: Vector, at: Vector, ordered: boolean): void => {
    const v = f.let(value)
    const p = f.let(at)
    const wins = f.let(beats(v, best.value))
    // Within a lane positions grow, so only lanes that meet need compare them.
    const first = ordered
      ? mask(wins)
      : v128.or(mask(wins), v128.and(mask(f.let(ties(v, best.value))), i32x4.ltS(p, best.at)))
    const chosen = f.let(first)
    f.set(best.value, v128.bitselect(v, best.value, wins))
    f.set(best.at, v128.bitselect(p, best.at, chosen))
  }
  const low =
    dtype === 'int32'
      ? i32x4.splat(largest ? -(2 ** 31) : 2 ** 31 - 1)
      : dtype === 'uint32'
        ? i32x4.splat(largest ? 0 : -1)
        : constant(largest ? -Infinity : Infinity, dtype)
  return {
    reset: () => {
      for (const best of single ? [...main, single] : main) {
        f.set(best.value, f.hoist(low))
        f.set(best.at, i32x4.splat(0))
      }
    },
    take: (cells, width, count, positions) => {
      const values = cells.map((c) => (given === 'bool' ? v128.and(narrow(c, f), 1) : c.v))
      if (width === 1 && single) take(single, values[0], positions[0], true)
      else for (let i = 0; i < count; i++) take(main[i], values[i] ?? values[0], positions[i] ?? positions[0], true)
    },
    flush: () => undefined,
    finish: () => {
      if (!combine) return main.map(({ at }) => at)
      const [best, ...others] = main
      for (const other of others) take(best, other.value, other.at, false)
      const swapsAt = exchanges('int32', lanes)
      exchanges(dtype, lanes).forEach((swap, i) => take(best, swap(best.value), swapsAt[i](best.at), false))
      if (single) take(best, single.value, single.at, false)
      return [everywhere(best.at, 'int32', lanes, f)]
    },
  }
}
