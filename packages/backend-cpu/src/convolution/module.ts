import { blockingOf, emitBlock, lanesOf, type Module, type Real } from '@gradloom/blas-wasm'
import { emitCopyRows, emitSpread } from './emit-copy.ts'
import type { WasmExports } from '../kernels/modules.ts'
import { emitPackColumns, emitPackPanels, emitPackRows } from './emit-pack.ts'
import { emitWindowDots } from './emit-window-dots.ts'
import { emitWindowSum } from './emit-window-sum.ts'

/** The kernels of one real type; their parameters are documented where they are emitted. */
export type ConvolutionModule = Pick<WasmExports, 'packColumns' | 'packRows' | 'packPanels' | 'packPanelsAt' | 'copyRows' | 'spread' | 'clear' | 'block' | 'windowSum' | 'windowDots'>

export function convolutionModule(m: Module, type: Real, relaxed: boolean): void {
  const lanes = lanesOf(type, relaxed)
  emitPackColumns(m, lanes)
  emitPackRows(m, lanes)
  emitPackPanels(m, lanes, blockingOf(type).tileRows)
  emitCopyRows(m, lanes)
  emitSpread(m, lanes)
  emitWindowSum(m, lanes)
  emitWindowDots(m, lanes)
  m.func({ name: 'clear', params: ['i32', 'i32'], export: true }, (f) => f.fill(f.params[0], 0, f.params[1]))
  const block = emitBlock(m, lanes, 'panel')
  m.func({ name: 'block', params: block.params, export: true }, (f) => f.do(block.call(...f.params)))
}
