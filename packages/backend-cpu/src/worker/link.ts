import { BackendError, KernelError, type MemoryReport } from '@gradloom/core'
import { wrap } from 'comlink'
import { holdWorker } from './endpoint.ts'
import type { NodeWorker, PageWorker } from './factory.ts'
import { fromFault } from './fault.ts'
import { handingOver, type Ask, type Method, type Request, type StartRequest, type Value } from './protocol.ts'

/** One worker from its start to its end. */
export interface Link {
  /** Counts the workers of a backend. */
  readonly number: number
  /** Resolves once calls can be made. @throws BackendError where the worker cannot start */
  readonly started: Promise<void>
  /** Why the worker is gone, once it is. */
  readonly loss: Error | undefined
  /** The memory that values are in, where it outlives the worker. */
  readonly shared: WebAssembly.Memory | null
  /** What the last reply said. */
  readonly memory: MemoryReport
  /** Sends before it returns, and hands over the arrays of `parts`. Rejects with the error that the worker's work
   * threw, or a BackendError if the worker ends first. */
  call<K extends Method>(method: K, request: Request<K>, parts?: readonly unknown[]): Promise<Value<K>>
  end(reason: string): Promise<void>
}

/** Starts the executor in a worker. */
export function createLink(number: number, worker: PageWorker | NodeWorker, options: Omit<StartRequest, 'lock'>): Link {
  const waiting = new Set<(error: Error) => void>()
  const watching = new AbortController()
  let loss: BackendError | undefined
  let hasStarted = false
  let shared: WebAssembly.Memory | null = null
  let memory: MemoryReport = { arena: 0, buffers: 0, reserved: 0 }

  const lose = (what: string): void => {
    if (loss) return
    loss = new BackendError(`cpu: ${what}`)
    watching.abort()
    for (const reject of waiting) reject(loss)
    waiting.clear()
    // Values in it are held where they are known.
    shared = null
    void held.end()
  }
  const held = holdWorker(worker, (reason) =>
    lose(
      hasStarted
        ? `the worker died: ${reason}; variables are as the last finished step left them, so run again`
        : `the worker did not start: ${reason}; where a content policy forbids blob: workers, give cpu({ worker ` +
            `}) one whose script calls serve() of @gradloom/backend-cpu/worker`,
    ),
  )
  const ask = wrap<Ask>(held.endpoint) as unknown as Ask

  const call: Link['call'] = (method, request, parts) =>
    new Promise((resolve, reject) => {
      if (loss) return reject(loss)
      waiting.add(reject)
      held.hold(true)
      const done = (): void => {
        waiting.delete(reject)
        if (waiting.size === 0 && !loss) held.hold(false)
      }
      ask(method, parts ? handingOver(request, parts) : request).then(
        (reply) => {
          done()
          if ('fault' in reply) return reject(fromFault(reply.fault))
          memory = reply.memory
          resolve(reply.value)
        },
        (error: unknown) => {
          done()
          reject(
            new KernelError(
              `cpu: plain data required for what goes to a worker: ${String(error)}; take functions out of ` +
                `attrs, or placement 'inline'`,
              { cause: error },
            ),
          )
        },
      )
    })
  const lock = lockName()
  const begin = async (): Promise<void> => {
    try {
      shared = await call('start', { ...options, lock })
    } catch (error) {
      lose('its worker did not start')
      throw error
    }
    hasStarted = true
    if (lock)
      watch(lock, watching.signal, () =>
        lose('the worker died; variables are as the last finished step left them, so run again'),
      )
  }
  const started = begin()
  started.catch(() => {
    /* for whoever waits for it */
  })
  return {
    number,
    started,
    get loss() {
      return loss
    },
    get shared() {
      return shared
    },
    get memory() {
      return memory
    },
    call,
    end: async (reason) => {
      lose(reason)
      await held.end()
    },
  }
}

/** No event tells a page that a worker was terminated, but the lock that it held is free from then on. Pages have locks
 * in secure contexts only; Node's workers tell. */
function lockName(): string | null {
  const isPage = typeof globalThis.navigator === 'object' && 'locks' in navigator && !('process' in globalThis)
  return isPage ? `gradloom-cpu-${crypto.randomUUID()}` : null
}
const watch = (name: string, signal: AbortSignal, onFree: () => void): void => {
  navigator.locks.request(name, { signal }, onFree).catch(() => {
    /* aborted: nobody waits any more */
  })
}
