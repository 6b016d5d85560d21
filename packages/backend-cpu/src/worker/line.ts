import { BackendError, type MemoryReport } from '@gradloom/core'
import { closedError, messageOf } from '../errors.ts'
import type { ExecutorFactory } from './factory.ts'
import { createLink, type Link } from './link.ts'
import { spawn } from './spawn.ts'

export interface RemoteOptions {
  readonly threads: 'auto' | number
  readonly memoryLimit?: number
  readonly worker?: ExecutorFactory
}

interface Asking {
  readonly ready?: (link: Link) => Promise<void>
  readonly alone?: boolean
}

/** What is asked of a worker, in order; it is started anew where it died. */
export interface Line {
  readonly memory: MemoryReport
  /** Sends in order of asking, after what is `ready` is. With `alone`, nothing more is sent before the reply.
   * @throws BackendError where the worker ends before it has replied: the next one does not do it */
  enqueue<T>(body: (link: Link) => Promise<T>, asking?: Asking): Promise<T>
  /** Lets go of what the worker has under a number, in its turn. */
  release(kind: 'buffers' | 'executables', id: number): void
  close(): Promise<void>
}

const NO_MEMORY: MemoryReport = { arena: 0, buffers: 0, reserved: 0 }

/** @param restore gives a new worker what the last one had */
export function createLine({ worker, ...options }: RemoteOptions, restore: (to: Link) => Promise<unknown>): Line {
  let link: Link | undefined
  let closed = false
  let links = 0
  let line: Promise<unknown> = Promise.resolve()
  let released: { buffers: number[]; executables: number[] } | null = null

  async function connect(asked: Link | undefined): Promise<Link> {
    if (closed) throw closedError()
    if (asked?.loss) throw asked.loss
    if (link && !link.loss) return link
    const started = await startWorker(worker)
    const next = (link = createLink(++links, started, options))
    try {
      if (closed) throw closedError()
      await next.started
      await restore(next)
    } catch (error) {
      await next.end('its values could not be restored')
      throw error
    }
    return next
  }
  return {
    get memory() {
      return link?.memory ?? NO_MEMORY
    },
    enqueue(body, { ready, alone } = {}) {
      const asked = link?.loss ? undefined : link
      const linked = line
        .then(() => connect(asked))
        .then(async (to) => {
          await ready?.(to)
          return to
        })
      const result = linked.then(body)
      // To nothing, so that it holds no worker.
      line = (alone ? result : linked).then(nothing, nothing)
      return result
    },
    release(kind, id) {
      if (closed) return
      if (!released) {
        const batch = (released = { buffers: [], executables: [] })
        line = line.then(async () => {
          released = null
          if (link && !link.loss)
            link.call('release', batch).catch(() => {
              /* the worker is gone, and what it had with it */
            })
        })
      }
      released[kind].push(id)
    },
    async close() {
      closed = true
      const ending = link?.end('the backend was closed')
      link = undefined
      await ending
    },
  }
}

const nothing = (): void => {}

/** @throws BackendError */
async function startWorker(factory: ExecutorFactory | undefined): Promise<ReturnType<ExecutorFactory>> {
  try {
    return factory ? factory() : await spawn()
  } catch (error) {
    if (error instanceof BackendError) throw error
    throw new BackendError(`cpu: the worker could not be started: ${messageOf(error)}`, { cause: error })
  }
}
