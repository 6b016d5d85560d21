import {
  BackendError,
  type Backend,
  type Bindings,
  type DeviceBuffer,
  type DType,
  type Executable,
  type Plan,
  type TypedArray,
} from '@gradloom/core'
import { nestedOf } from '@gradloom/core/extend'
import { closedError, disposedError, hostCopy, liveBuffer, messageOf } from '../errors.ts'
import type { ExecutorFactory } from './factory.ts'
import { createLink, type Link } from './link.ts'
import type { Timing } from './protocol.ts'
import { createRemoteBuffer, savedValue, type RemoteBuffer } from './remote-buffer.ts'
import { spawn } from './spawn.ts'

export interface RemoteOptions {
  readonly threads: 'auto' | number
  readonly memoryLimit?: number
  readonly worker?: ExecutorFactory
}

interface Performed {
  readonly values: (TypedArray | DeviceBuffer)[]
  readonly times: Timing | null
}

/** The parts of a backend that run plans, in a worker that is started anew where it died. */
export type Remote = Omit<Backend, 'name' | 'capabilities'>

export function createRemote({ worker, threads, memoryLimit }: RemoteOptions): Remote {
  const owner = {}
  const live = new Set<RemoteBuffer>()
  let link: Link | undefined
  let closed = false
  let ids = 0
  let links = 0
  let bytes = 0
  let line: Promise<unknown> = Promise.resolve()
  let released: { buffers: number[]; executables: number[] } | null = null

  /** The worker; a new one gets the values that the last had. What was asked of one that died is not done by the next.
   * */
  const connect = async (asked: Link | undefined): Promise<Link> => {
    if (closed) throw closedError()
    if (asked?.loss) throw asked.loss
    if (link && !link.loss) return link
    const started = await startWorker(worker)
    const next = (link = createLink(++links, started, { threads, memoryLimit }))
    try {
      if (closed) throw closedError()
      await next.started
      await Promise.all(
        [...live].map(async (b) => {
          const value = savedValue(b)
          if (value) await send(next, b, value)
        }),
      )
    } catch (error) {
      await next.end('its values could not be restored')
      throw error
    }
    return next
  }
  const send = async (to: Link, buffer: RemoteBuffer, data: TypedArray): Promise<void> => {
    const own = copyOf(data)
    save(buffer, to, await to.call('upload', { buffer: buffer.id, data: own, dtype: buffer.dtype }, [own]))
  }
  /** Takes note of where the value is that a call left: in an array that came back, or at an address. */
  const save = (buffer: RemoteBuffer, { shared }: Link, value: TypedArray | number): void => {
    if (buffer.disposed) return
    if (ArrayBuffer.isView(value))
      [buffer.saved, buffer.spare] = [value, ArrayBuffer.isView(buffer.saved) ? buffer.saved : null]
    else if (shared) buffer.saved = { memory: shared, address: value }
  }
  /** Sends in order of asking, after what is `ready` is. With `alone`, nothing more is sent before the reply. */
  const enqueue = <T>(
    body: (link: Link) => Promise<T>,
    { ready, alone }: { ready?: (link: Link) => Promise<void>; alone?: boolean } = {},
  ): Promise<T> => {
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
  }
  const release = (kind: 'buffers' | 'executables', id: number): void => {
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
  }
  const create = (dtype: DType, size: number, saved: TypedArray | null): RemoteBuffer => {
    const buffer = createRemoteBuffer(owner, ++ids, dtype, size, saved, (b) => {
      live.delete(b)
      bytes -= b.byteLength
      release('buffers', b.id)
    })
    bytes += buffer.byteLength
    live.add(buffer)
    return buffer
  }
  const close = async (): Promise<void> => {
    closed = true
    const ending = link?.end('the backend was closed')
    link = undefined
    for (const b of live) b.saved = b.spare = null
    live.clear()
    await ending
  }

  function executable(plan: Plan, plugged: readonly string[]): Executable & { ready(link: Link): Promise<void> } {
    const id = ++ids
    const writes = plan.inputs.some((i) => i.written)
    let disposed = false
    let byteLength = 0
    /** The number of the worker that has it. */
    let at = 0
    const ready = async (to: Link): Promise<void> => {
      if (at === to.number) return
      byteLength = await to.call('prepare', { executable: id, plan, plugged })
      at = to.number
    }
    async function perform(inputs: Bindings, keep: readonly boolean[], isTimed: boolean): Promise<Performed> {
      if (disposed) throw disposedError('executable')
      // Copies, since the caller may change its arrays before they are sent.
      const bound = inputs.map((v) => (ArrayBuffer.isView(v) ? copyOf(v) : liveBuffer<RemoteBuffer>(v, owner)))
      const kept = plan.outputs.map(({ dtype, buffer }, i) =>
        keep[i] ? create(dtype, plan.buffers[buffer].size, null) : null,
      )
      const written = bound.filter((v, i): v is RemoteBuffer => plan.inputs[i].written && !ArrayBuffer.isView(v))
      try {
        return await enqueue(
          async (to) => {
            const feeds = bound.map((v) => (ArrayBuffer.isView(v) ? v : v.id))
            const spares = written.map(takeSpare)
            const { outputs, updated, times } = await to.call(
              'run',
              {
                executable: id,
                inputs: feeds,
                keep: kept.map((b) => b?.id ?? 0),
                written: written.map((b) => b.id),
                spares,
                isTimed,
              },
              [...feeds, ...spares],
            )
            written.forEach((b, i) => save(b, to, updated[i]))
            const values = outputs.map((v, i) => {
              if (ArrayBuffer.isView(v)) return v
              save(kept[i]!, to, v)
              return kept[i]!
            })
            return { values, times }
          },
          { ready, alone: writes },
        )
      } catch (error) {
        for (const b of kept) b?.dispose()
        throw error
      }
    }
    return {
      ready,
      get byteLength() {
        return byteLength
      },
      run: async (inputs, keep) => (await perform(inputs, keep, false)).values,
      profile: async (inputs, keep) => {
        const { values, times } = await perform(inputs, keep, true)
        return { values, ...times! }
      },
      dispose: () => {
        if (disposed) return
        disposed = true
        if (at) release('executables', id)
      },
    }
  }

  return {
    start: () => enqueue(async () => {}),
    async prepare(plan, kernels) {
      const e = executable(
        plan,
        kernelsOf(plan).filter((name) => kernels.has(name)),
      )
      await enqueue(async () => {}, { ready: e.ready })
      return e
    },
    async upload(data: TypedArray, dtype: DType) {
      const buffer = create(dtype, data.length, copyOf(data))
      try {
        await enqueue(async (to) => {
          if (!buffer.disposed) await send(to, buffer, savedValue(buffer)!)
        })
        return buffer
      } catch (error) {
        buffer.dispose()
        throw error
      }
    },
    async download(buffer: DeviceBuffer) {
      const { id } = liveBuffer<RemoteBuffer>(buffer, owner)
      return enqueue((to) => to.call('download', id))
    },
    memory: () => ({
      arena: link?.memory.arena ?? 0,
      buffers: bytes,
      reserved: link?.memory.reserved ?? 0,
    }),
    close,
  }
}

/** Names of the ops that a plan calls kernels for. */
const kernelsOf = ({ steps }: Plan): string[] =>
  steps.flatMap((s) => (s.type === 'kernel' ? [s.name] : nestedOf(s).flatMap((n) => kernelsOf(n.plan))))
const copyOf = (data: TypedArray): TypedArray => hostCopy(data.byteLength, () => data.slice())
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
const takeSpare = (b: RemoteBuffer): TypedArray | null => {
  const { spare } = b
  b.spare = null
  return spare
}
