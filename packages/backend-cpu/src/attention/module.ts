import { emitGemm, lanesOf, type Module, type Real } from '@gradloom/blas-wasm'
import type { WasmExports } from '../kernels/modules.ts'
import { emitAddRows, emitGradientRows, emitSoftmaxRows } from './emit-rows.ts'

/** The kernels of one real type; their parameters are documented where they are emitted. */
export type AttentionModule = Pick<WasmExports, 'gemm' | 'softmaxRows' | 'gradientRows' | 'addRows' | 'clear'>

export function attentionModule(m: Module, type: Real, relaxed: boolean): void {
  const lanes = lanesOf(type, relaxed)
  emitGemm(m, { type, relaxed, export: 'gemm' })
  emitSoftmaxRows(m, lanes)
  emitGradientRows(m, lanes)
  emitAddRows(m, lanes)
  m.func({ name: 'clear', params: ['i32', 'i32'], export: true }, (f) => f.fill(f.params[0], 0, f.params[1]))
}
