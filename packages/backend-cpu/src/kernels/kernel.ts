import type { DType, Places } from '@gradloom/core'
import type { DeviceArray } from '../memory/device-memory.ts'

/** An argument of a named kernel: contiguous, row-major. A bool is a 32-bit word there, 0 or 1. The array is a view of
 * wasm memory that is valid during the call only. */
export interface KernelArray {
  readonly data: DeviceArray
  readonly shape: readonly number[]
  readonly dtype: DType
}

export interface CpuKernelCall<A = unknown> {
  readonly inputs: Places<KernelArray>
  /** Hold anything when the call begins, and overlap no input. */
  readonly outputs: Places<KernelArray>
  readonly attrs: A
}

/** A kernel for an op by name: what plugins register under `kernels.cpu`. It fills the outputs, at once.
 * @example const double: CpuKernel = ({ inputs: [x], outputs: [y] }) => x.data.forEach((v, i) => { y.data[i] = 2 * v })
 * */
export type CpuKernel<A = never> = (call: CpuKernelCall<A>) => void
