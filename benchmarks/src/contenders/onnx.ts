import * as ort from 'onnxruntime-web'
import type { Contender, ContenderOptions } from '../contender.ts'
import { UnsupportedError } from '../errors.ts'
import { uniform, uniform64 } from '../inputs.ts'
import { seeds } from '../workload.ts'
import { matmulModel } from './onnx-model.ts'

/** ONNX Runtime Web on WebAssembly: a model of one product. */
export function onnx({ threads, assets }: ContenderOptions): Contender {
  ort.env.wasm.numThreads = threads
  if (assets) ort.env.wasm.wasmPaths = `${assets}/`
  return {
    async setup(w) {
      if (w.kind !== 'matmul') throw new UnsupportedError('products only')
      if (w.dtype === 'float64' && (w.transA || w.transB))
        throw new UnsupportedError('no transposed product of float64')
      const n = w.size
      const make = w.dtype === 'float32' ? uniform : uniform64
      const session = await ort.InferenceSession.create(matmulModel(w), { executionProviders: ['wasm'] })
      const [a, b] = [seeds.a, seeds.b].map(
        (seed) => new ort.Tensor(w.dtype as 'float32', make(n * n, seed, -1, 1) as Float32Array, [n, n]),
      )
      return {
        run: async () => (await session.run({ a, b }))['c'].data as Float32Array,
        dispose: () => session.release(),
      }
    },
  }
}
