import { emitPackPanels, emitPanelProduct, lanesOf, type Module, type Real } from '@gradloom/blas-wasm'
import { emitAddUp } from './emit-add-up.ts'
import { emitCopyRows, emitSpread } from './emit-copy.ts'
import type { WasmExports } from '../kernels/modules.ts'
import { emitDivide } from './emit-divide.ts'
import { emitPackColumns, emitPackPanelsAt, emitPackRows } from './emit-pack.ts'
import { emitWindowDots } from './emit-window-dots.ts'
import { emitWindowSum } from './emit-window-sum.ts'

/** The kernels of one real type; their parameters are documented where they are emitted. */
export type ConvolutionModule = Pick<
  WasmExports,
  | 'packColumns'
  | 'packRows'
  | 'packPanels'
  | 'packPanelsAt'
  | 'copyRows'
  | 'spread'
  | 'clear'
  | 'divide'
  | 'multiply'
  | 'addUp'
  | 'windowSum'
  | 'windowDots'
>

export function convolutionModule(m: Module, type: Real, relaxed: boolean): void {
  const lanes = lanesOf(type, relaxed)
  emitPackColumns(m, lanes)
  emitPackRows(m, lanes)
  emitCopyRows(m, lanes)
  emitSpread(m, lanes)
  emitWindowSum(m, lanes)
  emitWindowDots(m, lanes)
  emitAddUp(m, lanes)
  emitDivide(m, lanes)
  m.func({ name: 'clear', params: ['i32', 'i32'], export: true }, (f) => f.fill(f.params[0], 0, f.params[1]))
  m.export(emitPanelProduct(m, lanes), 'multiply')
  const packPanels = emitPackPanels(m, lanes)
  m.export(packPanels, 'packPanels')
  emitPackPanelsAt(m, packPanels)
}
