import {
  allocate,
  BackendError,
  createRegistry,
  KernelError,
  type Executable,
  type Plugin,
  type Profiled,
  type TypedArray,
} from '@gradloom/core'
import { createInline, type InlineBackend } from '../inline.ts'
import type { CpuBuffer } from '../memory/cpu-buffer.ts'
import { doubled } from './doubled.ts'
import { toFault } from './fault.ts'
import { handingOver, type Ask, type Method, type Reply, type Request, type Timing, type Value } from './protocol.ts'

/** A value, and where steps that update it write the next one. */
interface Place {
  value: CpuBuffer
  next: CpuBuffer | null
}
/** `sources`: inputs whose next value the plan writes to inputs that come after its own. */
interface Prepared {
  readonly executable: Executable
  readonly sources: readonly number[]
}

/** What each call gives, and what of it is handed over. */
type Calls = {
  readonly [K in Method]: (request: Request<K>) => Promise<readonly [value: Value<K>, parts?: readonly unknown[]]>
}

/**
 * An inline backend behind calls that can be sent. Its owner must be able to get every value as the last finished run
 * left it, though this worker die within the next. In shared memory runs write new values beside the old ones, which
 * the owner can read; otherwise each reply brings copies of what the run updated.
 */
export function createExecutor(plugins: readonly Plugin[]): Ask {
  const kernels = createRegistry(plugins).kernels('cpu')
  const places = new Map<number, Place>()
  const executables = new Map<number, Prepared>()
  let backend: InlineBackend | undefined
  let shared = false
  let line: Promise<unknown> = Promise.resolve()

  const running = (): InlineBackend => {
    if (!backend) throw new BackendError('cpu: a started worker required')
    return backend
  }
  const placeOf = (id: number): Place => places.get(id) ?? lost()
  const upload = async (data: TypedArray, dtype: CpuBuffer['dtype']): Promise<CpuBuffer> =>
    (await running().upload(data, dtype)) as CpuBuffer
  const release = (id: number): void => {
    const place = take(places, id)
    place?.value.dispose()
    place?.next?.dispose()
  }
  /** A buffer for the next value. */
  const nextOf = async (place: Place): Promise<CpuBuffer> =>
    (place.next ??= await upload(allocate(place.value.dtype, place.value.size), place.value.dtype))

  const calls: Calls = {
    start: async ({ threads, memoryLimit, lock }) => {
      backend ??= createInline({ threads, memoryLimit })
      await backend.start()
      if (lock) await holdLock(lock)
      const { memory } = backend.device
      shared = !(memory.buffer instanceof ArrayBuffer)
      return [shared ? memory : null]
    },
    prepare: async ({ executable, plan, plugged }) => {
      for (const name of plugged) {
        if (!kernels.has(name))
          throw new KernelError(
            `${name}: its kernel is a function of a plugin, which cannot be sent to a worker; ` +
              `give cpu({ worker }) one whose script calls serve({ plugins }) of @gradloom/backend-cpu/worker, ` +
              `or take placement 'inline'`,
          )
      }
      const own = shared ? doubled(plan) : { plan, sources: [] }
      const prepared = await running().prepare(own.plan, kernels)
      executables.set(executable, { executable: prepared, sources: own.sources })
      return [prepared.byteLength]
    },
    run: async ({ executable: id, inputs, written, keep, spares, isTimed }) => {
      const { executable, sources } = executables.get(id) ?? lost()
      const bound = inputs.map((v) => (typeof v === 'number' ? placeOf(v) : v))
      const updated = sources.map((i) => bound[i])
      const next = await Promise.all(updated.map(async (v) => ('value' in v ? await nextOf(v) : v)))
      const given = [...bound.map((v) => ('value' in v ? v.value : v)), ...next]
      const stays = keep.map((k) => k > 0)
      const profiled = isTimed ? await executable.profile!(given, stays) : null
      const values = profiled?.values ?? (await executable.run(given, stays))
      for (const v of updated) if ('value' in v) [v.value, v.next] = [v.next!, v.value]
      const outputs = values.map((value, i) => {
        if (ArrayBuffer.isView(value)) return value
        places.set(keep[i], { value: value as CpuBuffer, next: null })
        return (value as CpuBuffer).address
      })
      const news = written.map((b, i) => (shared ? placeOf(b).value.address : copyOut(placeOf(b).value, spares[i])))
      return [{ outputs, updated: news, times: profiled && timesOf(profiled) }, [...outputs, ...news]]
    },
    upload: async ({ buffer, data, dtype }) => {
      release(buffer)
      const value = await upload(data, dtype)
      places.set(buffer, { value, next: null })
      return [value.address]
    },
    download: async (id) => {
      const data = await running().download(placeOf(id).value)
      return [data, [data]]
    },
    release: async ({ buffers, executables: ids }) => {
      buffers.forEach(release)
      for (const id of ids) take(executables, id)?.executable.dispose()
      return [undefined]
    },
  }
  return <K extends Method>(method: K, request: Request<K>) => {
    const reply = line
      .then(() => calls[method](request))
      .then(
        ([value, parts = []]): Reply<Value<K>> => handingOver({ value, memory: running().memory() }, parts),
        (error: unknown) => ({ fault: toFault(error) }),
      )
    line = reply
    return reply
  }
}

function take<T>(from: Map<number, T>, id: number): T | undefined {
  const value = from.get(id)
  from.delete(id)
  return value
}
const lost = (): never => {
  throw new BackendError('cpu: a value or plan was lost with the worker that had it; run again')
}

/** The elements, in an array that may have been used before: fresh memory costs more than the copy. */
function copyOut({ owner, dtype, address, size }: CpuBuffer, into: TypedArray | null): TypedArray {
  if (!into) return owner.read(dtype, address, size)
  into.set(owner.view(dtype, address, size))
  return into
}

/** Resolves once the lock is held; only the worker's end releases it. */
const holdLock = (name: string): Promise<void> =>
  new Promise((held) => {
    void navigator.locks.request(name, () => {
      held()
      return new Promise(() => {})
    })
  })

const timesOf = ({ spans, totalMs, nested }: Profiled): Timing => ({ spans, totalMs, nested })
