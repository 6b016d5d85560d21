import { type FunctionBuilder, type Module } from '@gradloom/blas-wasm'
import type { DType } from '@gradloom/core'
import type { Vector } from './lanes.ts'

/** The call of a vector function of blas-wasm, or what has a short formula of such; undefined where there is none. */
export function vectorMath(_m: Module, _op: string, _dtype: DType, _args: readonly Vector[], _f: FunctionBuilder): Vector | undefined {
  return undefined
}
