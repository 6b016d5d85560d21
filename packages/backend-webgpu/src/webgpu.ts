import { BackendError, KernelError, type Backend, type DType, type Plan, type TypedArray } from '@gradloom/core'
import { accessOf } from '@gradloom/core/extend'
import { createArena, type Arena } from './device/arena.ts'
import { GpuBuffer, liveBuffer } from './device/gpu-buffer.ts'
import { ALIGNMENT } from './device/limits.ts'
import { openDevice } from './device/open.ts'
import type { Block } from './device/pool.ts'
import { createTurns } from './device/turns.ts'
import { createSession, type Session } from './device/session.ts'
import { wordBytes } from './device/words.ts'
import { closedError, lostError } from './errors.ts'
import { kernelNames } from './kernels/index.ts'
import { checkedOptions, type WebgpuOptions } from './options.ts'
import { compilePlan } from './run/compile.ts'
import { createExecutable } from './run/executable.ts'
import type { FeedMemory } from './run/feed-room.ts'
import type { Owner } from './run/owner.ts'
import type { Program } from './run/program.ts'

const DTYPES: readonly DType[] = ['float32', 'float16', 'int32', 'uint32', 'bool']
/** Storage buffers of a shader on every adapter. */
const BUFFERS = 8

/** The WebGPU backend: a plan is one command buffer of compute shaders, in pages, workers and Node.
 * What it has no kernel or dtype for goes to the next backend.
 * @throws NameError for settings that are unknown, SettingError for those that are not what they must be
 * @example const rt = createRuntime({ backends: [webgpu(), cpu()] }) */
export function webgpu(given: WebgpuOptions = {}): Backend {
  const options = checkedOptions(given)
  const live = new Set<GpuBuffer>()
  const owner = {}
  let session: Session | null = null
  let arena: Arena | null = null
  let host: Arena | null = null
  let feeds: FeedMemory | null = null
  const turns = createTurns()
  let starting: Promise<void> | null = null
  let isClosed = false
  let bufferBytes = 0

  const open = (): void => {
    if (isClosed) throw closedError()
  }
  const started = (): Session => {
    open()
    if (!session) throw lostError('it has not started')
    session.check()
    return session
  }
  const keep = (dtype: DType, size: number): GpuBuffer => {
    const { values } = started()
    const bytes = wordBytes(size, dtype)
    const what = `a value of ${size} ${dtype} elements`
    const release = (value: GpuBuffer, block: Block): void => {
      live.delete(value)
      bufferBytes -= bytes
      // A run that is not all submitted yet has it still.
      turns.take(async () => session?.values.give(block)).catch(() => undefined)
    }
    const buffer = new GpuBuffer(owner, values.take(bytes, what), dtype, size, release)
    live.add(buffer)
    bufferBytes += bytes
    return buffer
  }
  const start = async (from: WebgpuOptions): Promise<void> => {
    const made = createSession(await openDevice(from))
    if (isClosed) {
      made.close()
      open()
    }
    session = made
    arena = createArena(made.values, 'the arena of a plan')
    host = createArena(made.host, 'values on the host')
    feeds = { device: made.device, arena: createArena(made.values, 'feeds'), words: new ArrayBuffer(0) }
  }
  return {
    name: 'webgpu',
    capabilities: {
      dtypes: DTYPES,
      kernels: kernelNames,
      inline: false,
      // Core counts what a kernel reads. One is for what it writes, the arena as a whole, and one for the words that
      // stop it.
      limits: {
        buffersPerKernel: Math.min(BUFFERS, options.limits?.maxStorageBuffersPerShaderStage ?? BUFFERS) + 4,
        alignment: ALIGNMENT,
      },
    },
    async start() {
      open()
      starting ??= start(options)
      try {
        await starting
      } catch (error) {
        starting = null
        throw error
      }
    },
    async prepare(plan: Plan, plugins) {
      const current = started()
      checkDTypes(plan)
      const compile = (): Program => compilePlan(plan, plugins, current.limits, current.library, current.tuning)
      const first = compile()
      const program = (await current.library.complete()) ? compile() : first
      const { value, verdict } = current.watched('a shader', () => current.pipelines.compile(program.dispatches))
      await Promise.allSettled([value, verdict])
      current.check()
      // What the compiler says tells more than that the device refused.
      const pipelines = await value
      await verdict
      const { mirrorBytes } = options
      const itsOwner: Owner = {
        identity: owner,
        session: current,
        arena: arena!,
        host: host!,
        feeds: feeds!,
        turns,
        mirrorBytes,
        keep,
        open,
      }
      const made = await turns.take(async () =>
        current.watched('memory for a plan', () => createExecutable(plan, program, pipelines, itsOwner)),
      )
      await orElse(made.verdict, made.value)
      return made.value
    },
    upload(data: TypedArray, dtype: DType) {
      const own = turns.isFree ? data : data.slice()
      return turns.take(async () => {
        const current = started()
        const { value, verdict } = current.watched('an upload', () => {
          const buffer = keep(dtype, own.length)
          current.write(buffer.block, own, dtype)
          return buffer
        })
        if (wordBytes(own.length, dtype) <= options.mirrorBytes) value.mirror = own.slice()
        await orElse(verdict, value)
        return value
      })
    },
    async download(buffer) {
      started()
      const { block, size, dtype } = liveBuffer(buffer, owner)
      return turns.take(async () => started().read(block, size, dtype))
    },
    async recover() {
      open()
      if (!session || !(await session.isGone())) return
      if (options.device)
        throw new BackendError(
          'webgpu: a device that the backend can ask for again required, it was given one; create another backend',
        )
      session.close()
      // An adapter gives one device.
      await start({ ...options, adapter: undefined })
      for (const buffer of live) restore(buffer, session)
    },
    memory: () => ({
      arena: arena?.byteLength ?? 0,
      buffers: bufferBytes,
      host: (session?.host.byteLength ?? 0) + (session?.leaving.byteLength ?? 0),
      reserved: (session?.values.byteLength ?? 0) + (session?.staging.byteLength ?? 0),
    }),
    async close() {
      isClosed = true
      await starting?.catch(() => undefined)
      for (const buffer of live) buffer.dispose()
      session?.close()
      session = null
    },
  }
}

/** Waits for what the device says of what was made, which goes where it refuses. */
async function orElse(verdict: Promise<void>, made: { dispose(): void }): Promise<void> {
  try {
    await verdict
  } catch (error) {
    made.dispose()
    throw error
  }
}

/** Puts the copy of a value on a new device. */
function restore(buffer: GpuBuffer, { values, write }: Session): void {
  const { mirror, size, dtype } = buffer
  if (!mirror) return buffer.move(null)
  const block = values.take(wordBytes(size, dtype), 'a value that was recovered')
  buffer.move(block)
  write(block, mirror, dtype)
}

/** What no step touches may be anything: results that are given data go back as they came.
 * @throws KernelError */
function checkDTypes({ steps, buffers }: Plan): void {
  for (const step of steps) {
    const { reads, writes } = accessOf(step)
    for (const { dtype } of [...reads, ...writes].map((b) => buffers[b]))
      if (!DTYPES.includes(dtype)) throw new KernelError(`webgpu: ${DTYPES.join(', ')} required, got ${dtype}; cast it`)
  }
}
