import type * as os from 'node:os'
import type * as threads from 'node:worker_threads'
import { helperSource } from './helper.ts'

/** A helper thread as the pool sees it. */
export interface PoolWorker {
  /** Why it ended, once it has. */
  readonly lost: Error | undefined
  /** Posts a message without an answer. */
  tell(message: object): void
  /** Posts a message and waits for the helper to say that it is ready. */
  ask(message: object): Promise<void>
  end(): Promise<void>
}

export type WorkerFactory = () => PoolWorker

/** What Node's workers and a page's have in common, once their events are hooked up. */
interface Channel {
  post(message: object): void
  /** Keeps the process alive, or lets it end, while the worker lives. */
  hold(alive: boolean): void
  end(): Promise<void>
}

interface Answer {
  readonly ready?: boolean
  readonly failure?: string
}

function connect(open: (onMessage: (answer: Answer) => void, onError: (error: Error) => void) => Channel): PoolWorker {
  let waiting: { resolve(): void; reject(error: Error): void } | undefined
  let broken: Error | undefined
  const settle = (error?: Error): void => {
    const { resolve, reject } = waiting ?? {}
    waiting = undefined
    if (error) reject?.(error)
    else resolve?.()
  }
  const channel = open(
    ({ ready, failure }) => {
      if (failure !== undefined) settle(new Error(`pool: a helper thread could not start or load a module: ${failure}`))
      else if (ready) settle()
    },
    (error) => settle((broken = error)),
  )
  return {
    get lost() {
      return broken
    },
    tell: (message) => channel.post(message),
    ask: async (message) => {
      if (broken) throw broken
      channel.hold(true)
      try {
        await new Promise<void>((resolve, reject) => {
          waiting = { resolve, reject }
          channel.post(message)
        })
      } finally {
        channel.hold(false)
      }
    },
    end: () => channel.end(),
  }
}

type Threads = typeof threads

/** A module of Node, without an import that bundlers for pages would stumble over; undefined elsewhere. */
function nodeModule(name: 'node:worker_threads'): Threads | undefined
function nodeModule(name: 'node:os'): typeof os | undefined
function nodeModule(name: string): unknown {
  return (globalThis as { process?: { getBuiltinModule?(name: string): unknown } }).process?.getBuiltinModule?.(name)
}

/** Threads that run at once on this machine. */
export const machineThreads = (): number =>
  nodeModule('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1

/** A helper in a Node worker or a page's worker, from the source in this package: bundlers need to know nothing. */
export function startWorker(): PoolWorker {
  const node = nodeModule('node:worker_threads')
  return node ? startNodeWorker(node) : startWebWorker(new Blob([helperSource], { type: 'text/javascript' }))
}

function startNodeWorker({ Worker: NodeWorker }: Threads): PoolWorker {
  return connect((onMessage, onError) => {
    const worker = new NodeWorker(helperSource, { eval: true, execArgv: [] })
    worker.on('message', onMessage)
    worker.on('error', onError)
    worker.on('exit', () => onError(new Error('pool: a helper thread ended')))
    return {
      post: (message) => worker.postMessage(message),
      hold: (alive) => (alive ? worker.ref() : worker.unref()),
      end: async () => void (await worker.terminate()),
    }
  })
}

/** A helper in a page, from a script: a URL, or text that becomes one. */
function startWebWorker(source: Blob): PoolWorker {
  const url = URL.createObjectURL(source)
  return connectWebWorker(new Worker(url), () => URL.revokeObjectURL(url))
}

/** The pool's view of a page's worker that runs `helperSource`; for a worker factory of your own. */
export function connectWebWorker(worker: Worker, released: () => void = () => {}): PoolWorker {
  return connect((onMessage, onError) => {
    worker.addEventListener('message', (event: MessageEvent<Answer>) => onMessage(event.data))
    worker.addEventListener('error', (event) => onError(new Error(`pool: a helper thread failed: ${event.message}`)))
    return {
      post: (message) => worker.postMessage(message),
      hold: () => {},
      end: async () => {
        worker.terminate()
        released()
      },
    }
  })
}
