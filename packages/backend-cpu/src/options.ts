import { BackendError } from '@gradloom/core'
import type { ExecutorFactory } from './worker/factory.ts'

export interface CpuOptions {
  /** Threads that share the work, the one that plans run in included; 'auto' takes as many as the machine runs at once.
   * More than one need a memory that workers share: pages have it where they are cross-origin isolated, and elsewhere
   * get one thread and a notice on the console. Results have the same bits whatever the number. */
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

/** Bytes of a page of memory, the least that there is. */
const PAGE = 65_536

/** @throws BackendError for settings that are not there */
export function checkOptions({ threads = 'auto', placement, memoryLimit = PAGE, worker }: CpuOptions): void {
  if (threads !== 'auto' && !(Number.isInteger(threads) && threads >= 1))
    throw new BackendError(`cpu: threads must be a whole number, 1 or more, or 'auto', got ${threads}`)
  if (!(memoryLimit >= PAGE))
    throw new BackendError(`cpu: memoryLimit must be a number of bytes, ${PAGE} or more, got ${memoryLimit}`)
  if (placement && placement !== 'inline' && placement !== 'worker')
    throw new BackendError(`cpu: placement must be 'inline' or 'worker', got '${String(placement)}'`)
  if (placement === 'inline' && worker)
    throw new BackendError("cpu: placement 'worker' required with a worker, got 'inline'; leave one of them out")
}
