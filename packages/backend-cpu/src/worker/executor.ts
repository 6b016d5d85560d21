import { BackendError, createRegistry, KernelError, type Backend, type DeviceBuffer, type Executable, type Plugin, type TypedArray } from '@gradloom/core'
import { transfer } from 'comlink'
import { cpu } from '../cpu.ts'
import type { CpuBuffer } from '../memory/cpu-buffer.ts'
import { toFault } from './fault.ts'
import type { ExecutorService, Reply } from './protocol.ts'

/** An inline backend behind calls that can be sent. */
export function createExecutor(plugins: readonly Plugin[]): ExecutorService {
  const kernels = createRegistry(plugins).kernels('cpu')
  const buffers = new Map<number, CpuBuffer>(), executables = new Map<number, Executable>()
  let backend: Backend | undefined, line: Promise<unknown> = Promise.resolve()

  const running = (): Backend => {
    if (!backend) throw new BackendError('cpu: a started worker required')
    return backend
  }
  /** Answers with what `work` gives, and what of it is handed over. */
  const answer = <T>(work: () => Promise<readonly [value: T, handOver?: readonly TypedArray[]]>): Promise<Reply<T>> => {
    const reply = line.then(work).then(
      ([value, handOver = []]): Reply<T> => transfer({ value, memory: running().memory() }, handOver.map((a) => a.buffer as ArrayBuffer)),
      (error: unknown): Reply<T> => ({ fault: toFault(error) }))
    line = reply
    return reply
  }
  const bufferOf = (id: number): CpuBuffer => buffers.get(id) ?? lost()

  return {
    start: ({ threads, memoryLimit, lock }) => answer(async () => {
      backend ??= cpu({ threads, ...(memoryLimit !== undefined && { memoryLimit }), placement: 'inline' })
      await backend.start()
      if (lock) await holdLock(lock)
      return [undefined]
    }),
    prepare: ({ executable, plan, plugged }) => answer(async () => {
      for (const name of plugged) {
        if (!kernels.has(name)) throw new KernelError(`${name}: its kernel is a function of a plugin, which cannot be sent to a worker; give cpu({ worker }) one whose script calls serve({ plugins }) of @gradloom/backend-cpu/worker, or take placement 'inline'`)
      }
      executables.set(executable, await running().prepare(plan, kernels))
      return [undefined]
    }),
    run: ({ executable, inputs, written, keep, copies }) => answer(async () => {
      const bound = inputs.map((v) => (typeof v === 'number' ? bufferOf(v) : v))
      const values = await (executables.get(executable) ?? lost()).run(bound, keep.map((id) => id > 0))
      const outputs = values.map((value, i) => {
        if (ArrayBuffer.isView(value)) return value
        buffers.set(keep[i], value as CpuBuffer)
        return null
      })
      const updated = written.map((id, i) => copyOut(bufferOf(id), copies[i]))
      return [{ outputs, copies: updated }, [...outputs.filter((v) => v !== null), ...updated]]
    }),
    upload: ({ buffer, data, dtype }) => answer(async () => {
      take(buffers, buffer)?.dispose()
      buffers.set(buffer, await running().upload(data, dtype) as CpuBuffer)
      return [undefined]
    }),
    download: (id) => answer(async () => {
      const data = await running().download(bufferOf(id))
      return [data, [data]]
    }),
    release: (ids) => answer(async () => {
      for (const id of ids.buffers) take(buffers, id)?.dispose()
      for (const id of ids.executables) take(executables, id)?.dispose()
      return [undefined]
    }),
  }
}

function take<T extends DeviceBuffer | Executable>(from: Map<number, T>, id: number): T | undefined {
  const value = from.get(id)
  from.delete(id)
  return value
}
const lost = (): never => { throw new BackendError('cpu: a value or plan was lost with the worker that had it; run again') }

/** The elements, in an array that may have been used before: fresh memory costs more than the copy. */
function copyOut({ owner, dtype, address, size }: CpuBuffer, into: TypedArray | null): TypedArray {
  if (!into) return owner.read(dtype, address, size)
  into.set(owner.view(dtype, address, size))
  return into
}

/** Resolves once the lock is held; only the worker's end releases it. */
const holdLock = (name: string): Promise<void> => new Promise((held) => {
  void navigator.locks.request(name, () => {
    held()
    return new Promise(() => {})
  })
})
