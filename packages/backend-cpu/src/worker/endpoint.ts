import type { Endpoint } from 'comlink'
import { messageOf } from '../errors.ts'
import type { NodeWorker, PageWorker } from './factory.ts'
import { nodeThreads } from './node-threads.ts'

/** The end of a worker that its owner holds. */
export interface WorkerEnd {
  readonly endpoint: Endpoint
  /** Whether the worker keeps the process alive. */
  hold(alive: boolean): void
  end(): Promise<void>
}

type PagePort = Pick<PageWorker, 'postMessage' | 'addEventListener'>
type NodePort = Pick<NodeWorker, 'postMessage' | 'on'>
type Listener = (event: { readonly data: unknown }) => void

/** What Comlink asks of an endpoint. It keeps endpoints until every proxy was collected, and those of calls that never
 * end are not: one that was severed holds nothing. */
function endpointOf(port: PagePort | NodePort): { readonly endpoint: Endpoint; sever(): void } {
  let to: typeof port | null = port
  const listeners = new Set<unknown>()
  const deliver: Listener = (event) => {
    for (const listener of listeners) (listener as Listener)(event)
  }
  // Node's events carry the message itself.
  if ('on' in port) port.on('message', (data) => deliver({ data }))
  else port.addEventListener('message', deliver as never)
  return {
    endpoint: {
      postMessage: (message, parts) => to?.postMessage(message, parts as never),
      addEventListener: (_, listener) => void listeners.add(listener),
      removeEventListener: (_, listener) => void listeners.delete(listener),
    },
    sever: () => {
      listeners.clear()
      to = null
    },
  }
}

/** `onLost`: the worker failed or ended, and why. */
export function holdWorker(worker: PageWorker | NodeWorker, onLost: (reason: string) => void): WorkerEnd {
  const isNode = 'on' in worker
  const { endpoint, sever } = endpointOf(worker)
  const end = async (): Promise<void> => {
    sever()
    await worker.terminate()
  }
  if (isNode) {
    worker.on('error', (error) => onLost(messageOf(error)))
    worker.on('exit', () => onLost('it ended'))
    return { endpoint, end, hold: (alive) => (alive ? worker.ref() : worker.unref()) }
  }
  worker.addEventListener('error', (event) =>
    onLost((event as { readonly message?: string }).message || 'its script could not be loaded'),
  )
  return { endpoint, end, hold: () => {} }
}

/** The end of a worker that runs this. */
export const ownEndpoint = (): Endpoint =>
  endpointOf((nodeThreads()?.parentPort ?? globalThis) as unknown as NodePort | PagePort).endpoint
