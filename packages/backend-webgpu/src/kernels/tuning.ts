/** What kernels are chosen by, beside their shapes: numbers of an adapter, which `pnpm bench --tune`
 * measures. */
export interface Tuning {
  /** Invocations below which the adapter idles. */
  readonly invocations: number
  /** Invocations below which it idles where they wait for memory. */
  readonly waiting: number
  /** Rows from which each is one invocation's, also where those side by side then do not read side by side. */
  readonly alone: number
  /** What it costs to load a number, in multiplications. */
  readonly load: number
  /** What a kernel more costs, in multiplications of the whole adapter. */
  readonly dispatch: number
  /** Workgroups that compute a product together below which the adapter idles; 0 where they shall not. */
  readonly workgroups: number
  /** Most results in each direction that an invocation computes of a product. */
  readonly side: number
}

/** Of two cores that run SwiftShader, measured: 10^9 multiplications a second, and up to 1 ms a kernel. Its registers
 * are memory. */
export const SOFTWARE_TUNING: Tuning = {
  invocations: 64,
  waiting: 64,
  alone: 64,
  load: 6,
  dispatch: 3e6,
  workgroups: 0,
  side: 16,
}
/** Of a card with 132 multiprocessors, each of which runs 2,048 invocations at a time: 5 us a kernel at 10^13
 * multiplications a second. Products were measured on an NVIDIA H200. */
export const HARDWARE_TUNING: Tuning = {
  invocations: 8192,
  waiting: 262_144,
  alone: 2 ** 31,
  load: 4,
  dispatch: 5e7,
  workgroups: 264,
  side: 8,
}
