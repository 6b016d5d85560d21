import { BackendError } from '@gradloom/core'
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

/** Bytes of a page of memory, the least that there is. */
const PAGE = 65_536
/** As many as the largest machines with one memory run at once; each takes some 50 ms to start, and megabytes. */
export const MOST_THREADS = 128

type Rule = readonly [wanted: string, holds: (value: unknown) => boolean]
const rules: Readonly<Record<keyof CpuOptions, Rule>> = {
  threads: [
    `a whole number from 1 to ${MOST_THREADS}, or 'auto'`,
    (v) => v === 'auto' || (Number.isInteger(v) && (v as number) >= 1 && (v as number) <= MOST_THREADS),
  ],
  placement: ["'inline' or 'worker'", (v) => v === 'inline' || v === 'worker'],
  memoryLimit: [`a number of bytes, ${PAGE} or more`, (v) => typeof v === 'number' && v >= PAGE],
  worker: ['a function that starts a worker', (v) => typeof v === 'function'],
}

/** Options that are undefined count as left out. @throws BackendError for those that are unknown or not what they must
 * be */
export function checkOptions(options: CpuOptions): void {
  if (typeof options !== 'object' || options === null)
    throw new BackendError(`cpu: an object of options required, got ${shown(options)}; cpu({ threads: 2 })`)
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(rules, name))
      throw new BackendError(`cpu: options ${Object.keys(rules).join(', ')} expected, got ${name}`)
    const [wanted, holds] = rules[name as keyof CpuOptions]
    if (value !== undefined && !holds(value))
      throw new BackendError(`cpu: ${name} must be ${wanted}, got ${shown(value)}`)
  }
  if (options.placement === 'inline' && options.worker)
    throw new BackendError("cpu: placement 'worker' required with a worker, got 'inline'; leave one of them out")
}
const shown = (value: unknown): string =>
  typeof value === 'string' ? `'${value}'` : typeof value === 'object' && value ? 'an object' : String(value)
