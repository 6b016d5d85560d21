import type { Endpoint } from 'comlink'
import type { NodeWorker, PageWorker } from './factory.ts'
import { nodeThreads } from './node-threads.ts'

/** The end of a worker that its owner holds. */
export interface WorkerEnd {
  readonly endpoint: Endpoint
  /** Whether the worker keeps the process alive. */
  hold(alive: boolean): void
  end(): Promise<void>
}

type NodePort = Pick<NodeWorker, 'postMessage' | 'on' | 'off'>
/** What Comlink asks of an endpoint, over Node's events: those carry the message itself. */
function nodeEndpoint(port: NodePort): Endpoint {
  const adapted = new Map<unknown, (data: unknown) => void>()
  return {
    postMessage: (message, transfer) => port.postMessage(message, transfer as never),
    addEventListener: (type, listener) => {
      const forward = (data: unknown): void =>
        (listener as unknown as (event: { readonly data: unknown }) => void)({ data })
      adapted.set(listener, forward)
      port.on(type, forward)
    },
    removeEventListener: (type, listener) => {
      const forward = adapted.get(listener)
      if (forward) port.off(type, forward)
      adapted.delete(listener)
    },
  }
}

/** Comlink keeps endpoints until every proxy was collected, and those of calls that never end are not: one that was
 * severed holds nothing. */
function severable(endpoint: Endpoint): { readonly endpoint: Endpoint; sever(): void } {
  let to: Endpoint | null = endpoint
  let listeners: Parameters<Endpoint['addEventListener']>[] = []
  return {
    endpoint: {
      postMessage: (message, transfer) => to?.postMessage(message, transfer),
      addEventListener: (...args) => {
        listeners.push(args)
        to?.addEventListener(...args)
      },
      removeEventListener: (...args) => to?.removeEventListener(...args),
    },
    sever: () => {
      for (const args of listeners) to?.removeEventListener(...args)
      listeners = []
      to = null
    },
  }
}

/** `onLost`: the worker failed or ended, and why. */
export function holdWorker(worker: PageWorker | NodeWorker, onLost: (reason: string) => void): WorkerEnd {
  const isNode = 'on' in worker
  const { endpoint, sever } = severable(isNode ? nodeEndpoint(worker) : (worker as unknown as Endpoint))
  const end = async (): Promise<void> => {
    sever()
    await worker.terminate()
  }
  if (isNode) {
    worker.on('error', (error) => onLost(error instanceof Error ? error.message : String(error)))
    worker.on('exit', () => onLost('it ended'))
    return { endpoint, end, hold: (alive) => (alive ? worker.ref() : worker.unref()) }
  }
  worker.addEventListener('error', (event) =>
    onLost((event as { readonly message?: string }).message || 'its script could not be loaded'),
  )
  return { endpoint, end, hold: () => {} }
}

/** The end of a worker that runs this. */
export const ownEndpoint = (): Endpoint => {
  const port = nodeThreads()?.parentPort
  return port ? nodeEndpoint(port as unknown as NodePort) : (globalThis as unknown as Endpoint)
}
