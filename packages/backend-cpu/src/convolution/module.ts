import { blockingOf, createModule, emitBlock, lanesOf, type Real } from '@gradloom/blas-wasm'
import { emitCopyRows, emitSpread } from './emit-copy.ts'
import { emitPackColumns, emitPackPanels, emitPackRows } from './emit-pack.ts'

type WasmFunction = (...args: readonly number[]) => void
/** The kernels of one real type; their parameters are documented where they are emitted. */
export type ConvolutionModule = Readonly<Record<'packColumns' | 'packRows' | 'packPanels' | 'packPanelsAt' | 'copyRows' | 'spread' | 'block', WasmFunction>>

export function convolutionModule(type: Real, relaxed: boolean): Uint8Array<ArrayBuffer> {
  const m = createModule(), lanes = lanesOf(type, relaxed)
  m.importMemory()
  emitPackColumns(m, lanes)
  emitPackRows(m, lanes)
  emitPackPanels(m, lanes, blockingOf(type).tileRows)
  emitCopyRows(m, lanes)
  emitSpread(m, lanes)
  const block = emitBlock(m, lanes, 'panel')
  m.func({ name: 'block', params: block.params, export: true }, (f) => f.do(block.call(...f.params)))
  return m.toBytes()
}
