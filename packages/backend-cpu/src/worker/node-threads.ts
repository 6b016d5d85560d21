import type * as threads from 'node:worker_threads'

/** node:worker_threads, by a call that bundlers for pages do not stumble over; undefined elsewhere. */
export const nodeThreads = (): typeof threads | undefined =>
  (globalThis as { process?: { getBuiltinModule?(name: string): typeof threads } }).process?.getBuiltinModule?.(
    'node:worker_threads',
  )
