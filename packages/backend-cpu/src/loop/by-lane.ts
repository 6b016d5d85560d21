import { f32, f32x4, f64, f64x2, i32, i32x4, type FunctionHandle, type Module, type Value } from '@gradloom/blas-wasm'
import type { DType } from '@gradloom/core'
import type { LaneCount, Vector } from './lanes.ts'

/** Where modules import the functions that have no vector form; they take and give float64 numbers. */
export const FUNCTIONS = 'functions'

/** A vector function that calls the imported `name` once a live lane. Rare functions take this way: about 10 ns an
 * element. */
export function byLane(m: Module, name: string, dtype: DType, lanes: LaneCount, args: readonly Vector[]): Vector {
  const params = args.map(() => 'v128' as const)
  const handle = m.once(`${name} ${dtype} ${lanes}`, (): FunctionHandle<readonly 'v128'[], 'v128'> => {
    const scalar = m.once(name, () =>
      m.importFunction(FUNCTIONS, name, { params: params.map(() => 'f64' as const), result: 'f64' }),
    )
    return m.func({ name: `${name} ${dtype} ${lanes}`, params, result: 'v128' }, (f) => {
      const result = f.local('v128')
      for (let lane = 0; lane < lanes; lane++) {
        const y = scalar.call(...f.params.map((x) => toDouble(x, lane, dtype)))
        f.set(result, lane === 0 ? splat(y, dtype) : replace(result, lane, y, dtype))
      }
      f.return(result)
    })
  })
  return handle.call(...args)
}

const toDouble = (x: Vector, lane: number, dtype: DType): Value<'f64'> =>
  dtype === 'float64'
    ? f64x2.extractLane(x, lane)
    : dtype === 'float32'
      ? f64.promoteF32(f32x4.extractLane(x, lane))
      : (dtype === 'int32' ? f64.convertI32S : f64.convertI32U)(i32x4.extractLane(x, lane))

const integer = (y: Value<'f64'>, dtype: DType): Value<'i32'> =>
  (dtype === 'int32' ? i32.truncSatF64S : i32.truncSatF64U)(y)

const splat = (y: Value<'f64'>, dtype: DType): Vector =>
  dtype === 'float64'
    ? f64x2.splat(y)
    : dtype === 'float32'
      ? f32x4.splat(f32.demoteF64(y))
      : i32x4.splat(integer(y, dtype))

const replace = (v: Vector, lane: number, y: Value<'f64'>, dtype: DType): Vector =>
  dtype === 'float64'
    ? f64x2.replaceLane(v, lane, y)
    : dtype === 'float32'
      ? f32x4.replaceLane(v, lane, f32.demoteF64(y))
      : i32x4.replaceLane(v, lane, integer(y, dtype))
