import type { KernelCall } from '@gradloom/core'
import type { WasmModules } from './modules.ts'

/** Where a kernel finds things in memory. */
export interface KernelAddresses {
  /** In the order of the call. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  /** What an earlier phase leaves for a later one. */
  readonly shared: number
  /** For the caller of `run` alone; what it holds does not last. */
  readonly scratch: number
  readonly tables: number
}

/** Units of work that do not depend on one another: any cut of [0, units) into ranges gives the same bits. Every range
 * costs a little, so they should be few. */
export interface KernelPhase {
  readonly units: number
  run(at: KernelAddresses, begin: number, end: number): void
}

/** A kernel that works on addresses: readied once for a call, then run without allocating. */
export interface DeviceKernel {
  readonly sharedBytes: number
  readonly scratchBytes: number
  /** Words that it reads at `tables`. */
  readonly tables: Int32Array
  /** Each begins when the one before is done. */
  readonly phases: readonly KernelPhase[]
}

/** A kernel of one phase without memory of its own. */
export const simpleKernel = (units: number, run: KernelPhase['run']): DeviceKernel => ({
  sharedBytes: 0,
  scratchBytes: 0,
  tables: new Int32Array(0),
  phases: [{ units, run }],
})
/** Has nothing to do. */
export const idle: DeviceKernel = /* @__PURE__ */ simpleKernel(0, () => {})

/** Readies a call whose shapes are known. */
export type PrepareKernel<A = never> = (
  call: Omit<KernelCall, 'attrs'> & { readonly attrs: A },
  modules: WasmModules,
) => DeviceKernel
