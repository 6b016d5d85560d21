import { i32, lanesOf, type Module, type Real } from '@gradloom/blas-wasm'
import { emitCopyRows } from '../convolution/emit-copy.ts'
import type { WasmExports } from '../kernels/modules.ts'
import { emitMaxPool, emitScatterPlaces } from './emit-max-pool.ts'
import { emitMaxPoolGradientTiles, emitMaxPoolTiles } from './emit-tiles.ts'

/** The kernels of one real type; their parameters are documented where they are emitted. */
export type PoolingModule = Pick<
  WasmExports,
  'copyRows' | 'fill' | 'maxPool' | 'maxPoolTiles' | 'scatterPlaces' | 'maxPoolGradientTiles'
>

export function poolingModule(m: Module, type: Real, relaxed: boolean): void {
  const lanes = lanesOf(type, relaxed)
  emitCopyRows(m, lanes)
  m.func({ name: 'fill', params: ['i32', 'i32', type], export: true }, (f) => {
    const [to, end, value] = f.params
    f.while(i32.ltU(to, end), () => {
      f.store(type, to, value)
      f.advance(to, lanes.bytes)
    })
  })
  emitMaxPool(m, lanes)
  emitScatterPlaces(m, lanes)
  emitMaxPoolTiles(m, lanes)
  emitMaxPoolGradientTiles(m, lanes)
}
