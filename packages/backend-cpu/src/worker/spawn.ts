import { BackendError } from '@gradloom/core'
import type { NodeWorker, PageWorker } from './factory.ts'
import { nodeThreads } from './node-threads.ts'

/** The default worker: Node's, or a page's. Its text is loaded only here, since it holds the backend once more. */
export async function spawn(): Promise<PageWorker | NodeWorker> {
  const { workerSource } = await import('./source.ts')
  const source = workerSource()
  const node = nodeThreads()
  if (node) {
    return typeof source === 'string'
      ? new node.Worker(source, { eval: true, execArgv: [] })
      : new node.Worker(source, { execArgv: ['--conditions=@gradloom/source'] })
  }
  if (typeof Worker !== 'function')
    throw new BackendError("cpu: workers required for placement 'worker', which this environment lacks; take 'inline'")
  if (typeof source !== 'string') return new Worker(source, { type: 'module' })
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  const worker = new Worker(url)
  // The fetch of the script holds the blob; revoking before it begins would break it in some browsers.
  for (const type of ['message', 'error']) worker.addEventListener(type, () => URL.revokeObjectURL(url), { once: true })
  return worker
}
