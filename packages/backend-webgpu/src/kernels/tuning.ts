/** What kernels are chosen by, beside their shapes: numbers of an adapter, which `pnpm bench --tune`
 * measures. */
export interface Tuning {
  /** Invocations below which the adapter idles. */
  readonly invocations: number
  /** Rows from which each is one invocation's, also where those side by side then do not read side by side. */
  readonly alone: number
  /** What it costs to load a number, in multiplications. */
  readonly load: number
  /** What a kernel more costs, in multiplications of the whole adapter. */
  readonly dispatch: number
  /** Most results in each direction that an invocation computes of a product. */
  readonly side: number
}

/** Of two cores that run SwiftShader, measured: 10^9 multiplications a second, and up to 1 ms a kernel. Its registers
 * are memory. */
export const SOFTWARE_TUNING: Tuning = { invocations: 64, alone: 64, load: 6, dispatch: 3e6, side: 16 }
/** Of a card with some hundred multiprocessors, from what its makers publish: 5 us a kernel at 10^13 multiplications a
 * second. */
export const HARDWARE_TUNING: Tuning = { invocations: 8192, alone: 2 ** 31, load: 4, dispatch: 5e7, side: 8 }
