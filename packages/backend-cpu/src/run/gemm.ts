import { createModule, emitGemm, hasRelaxedSimd } from '@gradloom/blas-wasm'

/** gemm(a, rsA, csA, b, rsB, csB, c, ldc, m, n, k, alpha, beta, scratch, context): see blas-wasm. */
export type GemmFunction = (...args: readonly number[]) => void

/** Matrix products of a backend, on its memory. */
export interface Gemm { readonly float32: GemmFunction; readonly float64: GemmFunction }

export async function createGemm(memory: WebAssembly.Memory): Promise<Gemm> {
  const m = createModule(), relaxed = hasRelaxedSimd()
  m.importMemory()
  emitGemm(m, { type: 'f32', relaxed, export: 'float32' })
  emitGemm(m, { type: 'f64', relaxed, export: 'float64' })
  const { instance } = await WebAssembly.instantiate(m.toBytes(), { env: { memory } })
  return instance.exports as unknown as Gemm
}
