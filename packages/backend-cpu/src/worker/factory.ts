/** A worker of a page. */
export interface PageWorker {
  postMessage(message: unknown, transfer: never[]): void
  addEventListener(type: string, listener: (event: unknown) => void): void
  terminate(): void
}

/** A worker of node:worker_threads. */
export interface NodeWorker {
  postMessage(message: unknown, transfer?: readonly never[]): void
  on(event: string, listener: (value: unknown) => void): unknown
  ref(): void
  unref(): void
  terminate(): Promise<number>
}

/** Starts the worker that plans run in: one whose script calls `serve`. */
export type ExecutorFactory = () => PageWorker | NodeWorker
