import { hasRelaxedSimd, type Real } from '@gradloom/blas-wasm'

export type WasmExports = Readonly<Record<string, (...args: readonly number[]) => void>>

/** Modules of kernels on one memory, made when the first plan needs them. */
export interface WasmModules {
  get<E extends WasmExports>(emit: (type: Real, relaxed: boolean) => Uint8Array<ArrayBuffer>, type: Real): E
}

export function createModules(memory: WebAssembly.Memory): WasmModules {
  const made = new Map<unknown, Map<Real, WebAssembly.Exports>>()
  return {
    get: <E extends WasmExports>(emit: (type: Real, relaxed: boolean) => Uint8Array<ArrayBuffer>, type: Real): E => {
      const byType = made.get(emit) ?? new Map<Real, WebAssembly.Exports>()
      made.set(emit, byType)
      const have = byType.get(type) ?? new WebAssembly.Instance(new WebAssembly.Module(emit(type, hasRelaxedSimd())), { env: { memory } }).exports
      byType.set(type, have)
      return have as E
    },
  }
}
