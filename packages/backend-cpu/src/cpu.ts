import { BackendError, type Backend, type DType } from '@gradloom/core'
import { closedError, messageOf } from './errors.ts'
import { kernelNames } from './kernels/names.ts'
import { checkedOptions } from './check-options.ts'
import { FOUR_GIB, type CpuOptions } from './options.ts'
import { nodeThreads } from './worker/node-threads.ts'
import type { RemoteOptions } from './worker/line.ts'

/** What plans may hold. */
const DTYPES: readonly DType[] = ['float32', 'float64', 'float16', 'int32', 'uint32', 'bool']

/** The CPU backend: plans as WebAssembly SIMD kernels in one memory, shared by threads. Inline, results can be had
 * synchronously once it has started;
 * plans that are compiled synchronously run on the calling thread but for their products.
 * @throws NameError for settings that are unknown, SettingError for those that are not what they must be
 * @example const rt = createRuntime({ backends: [cpu({ threads: 2, placement: 'worker' })] }) */
export function cpu(given: CpuOptions = {}): Backend {
  const options = checkedOptions(given)
  const inline = (options.placement ?? (options.worker || isPage() ? 'worker' : 'inline')) === 'inline'
  /** Null until they are loaded, and again once they are closed: what users still hold shall not keep memory. */
  let parts: Parts | null = null
  let isStarted = false
  let closed = false
  let starting: Promise<void> | undefined
  const open = (): void => {
    if (closed) throw closedError()
  }
  const started = (): Parts => {
    open()
    return isStarted && parts ? parts : notStarted()
  }
  const release = async (): Promise<void> => {
    const ending = parts
    parts = null
    await ending?.close()
  }
  const start = async (): Promise<void> => {
    try {
      if (inline && nodeThreads()?.isMainThread) (await import('./memory/host-memory.ts')).reuseFreed()
      parts = await load(inline, { ...options, threads: threadsOf(options.threads) })
      open()
      await parts.start()
      open()
      isStarted = true
    } catch (error) {
      // Nothing of it stays, so that the next start is a first one.
      starting = undefined
      await release()
      throw explained(error)
    }
  }
  const backend: Backend = {
    name: 'cpu',
    capabilities: {
      dtypes: DTYPES,
      kernels: kernelNames,
      inline,
      limits: { memory: Math.min(options.memoryLimit ?? FOUR_GIB, FOUR_GIB) },
    },
    start: async () => {
      open()
      await (starting ??= start())
    },
    prepare: async (plan, kernels) => started().prepare(plan, kernels),
    upload: async (data, dtype) => started().upload(data, dtype),
    download: async (buffer) => started().download(buffer),
    memory: () => parts?.memory() ?? { arena: 0, buffers: 0, reserved: 0 },
    async close() {
      closed = true
      await release()
      await starting?.catch(() => {
        /* what did not start has nothing to close */
      })
    },
  }
  return inline ? { ...backend, prepareSync: (plan, kernels) => started().prepareSync!(plan, kernels) } : backend
}

type Parts = Omit<Backend, 'name' | 'capabilities'>
/** Each is loaded where it is used alone: a page need not fetch the executor twice. */
const load = async (inline: boolean, options: RemoteOptions): Promise<Parts> =>
  inline
    ? (await import('./inline.ts')).createInline(options)
    : (await import('./worker/remote.ts')).createRemote(options)

/** Threads share one memory, which pages may have only when they are isolated from others. */
function threadsOf(threads: 'auto' | number): 'auto' | number {
  if (threads === 1 || (typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated !== false))
    return threads
  // oxlint-disable-next-line no-console -- Slower than it could be is no error, and nobody would find out.
  console.info(
    'cpu: running on one thread, since this page is not cross-origin isolated; for more, serve it with the ' +
      'headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp',
  )
  return 1
}
/** What workers and engines throw, as an error of the backend. */
const explained = (error: unknown): unknown =>
  error instanceof Error && 'code' in error
    ? error
    : new BackendError(`cpu: it could not start: ${messageOf(error)}; threads: 1 needs ` + `no helpers`, {
        cause: error,
      })
const isPage = (): boolean => !nodeThreads() && typeof document === 'object'
const notStarted = (): never => {
  throw new BackendError('cpu: a started backend required; await start() first')
}
