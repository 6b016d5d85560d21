import type { ExecutorFactory } from './worker/factory.ts'

export interface CpuOptions {
  /** Threads that share the work, the one that plans run in included: 1 to 128; 'auto' takes as many of these as the
   * machine runs at once. More than one need a memory that workers share: pages have it where they are cross-origin
   * isolated, and elsewhere get one thread and a notice on the console. Results have the same bits whatever the number.
   */
  readonly threads?: 'auto' | number
  /** Where plans run: 'inline' in the calling thread, 'worker' in one of their own, so that the caller never blocks. By
   * default a worker in pages, inline elsewhere. */
  readonly placement?: 'inline' | 'worker'
  /** The most memory it may take, in bytes: 65,536 to 4 GiB, the default; more counts as 4 GiB. */
  readonly memoryLimit?: number
  /** Starts the worker of placement 'worker': one whose script calls `serve` of @gradloom/backend-cpu/worker, which can
   * bring kernels of plugins. */
  readonly worker?: ExecutorFactory
}

/** As many as the largest machines with one memory run at once; each takes some 50 ms to start, and megabytes. */
export const MOST_THREADS = 128

/** What 32-bit addresses reach. */
export const FOUR_GIB: number = 2 ** 32
