import type { KernelCall } from '@gradloom/core'
import type { WasmModules } from './modules.ts'

/** A kernel that works on addresses: readied once for a call, then run without allocating. */
export interface DeviceKernel {
  /** Bytes of memory that it may use while it runs; what they hold does not last. */
  readonly scratchBytes: number
  /** Words that it reads at `tables`. */
  readonly tables: Int32Array
  /** `inputs`, `outputs`: addresses, in the order of the call. */
  run(inputs: readonly number[], outputs: readonly number[], scratch: number, tables: number): void
}

/** Has nothing to do. */
export const idle: DeviceKernel = { scratchBytes: 0, tables: new Int32Array(0), run: () => {} }

/** Readies a call whose shapes are known. */
export type PrepareKernel<A = never> = (call: Omit<KernelCall, 'attrs'> & { readonly attrs: A }, modules: WasmModules) => DeviceKernel
