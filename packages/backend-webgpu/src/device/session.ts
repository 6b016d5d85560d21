import { allocate, type DType, type TypedArray } from '@gradloom/core'
import { closedError, explained, lostError } from '../errors.ts'
import type { Tuning } from '../kernels/tuning.ts'
import { createLibrary, type Library } from '../wgsl/library.ts'
import type { GpuBuffer } from './gpu-buffer.ts'
import type { KernelLimits } from './limits.ts'
import { HALF, type Opened } from './open.ts'
import type { Patience } from './patience.ts'
import { createPipelines, type Pipelines } from './pipelines.ts'
import { createPool, type Block, type Pool } from './pool.ts'
import { MAP_READ, USAGE, VALUE } from './usage.ts'
import { copyWords, readWords, wordBytes, writeWords } from './words.ts'

/** A device with what lives on it: one until it is lost, another after. */
export interface Session {
  readonly device: GPUDevice
  readonly limits: KernelLimits
  readonly tuning: Tuning
  /** Whoever awaits the device polls for it. */
  readonly isPolled: boolean
  readonly library: Library
  readonly pipelines: Pipelines
  /** Values and arenas. */
  readonly values: Pool
  /** What results are read from. */
  readonly staging: Pool
  /** What values that leave the device are read from, and where they lie on the host. */
  readonly leaving: Pool
  readonly host: Pool
  /** @throws DeviceLostError once the device is gone */
  check(): void
  /** Runs `act`, and waits for what the device says of it. @throws KernelError, OutOfMemoryError, DeviceLostError */
  watched<T>(doing: string, act: () => T): { readonly value: T; readonly verdict: Promise<void> }
  /** Puts host data where a block lies. */
  write(block: Block, data: TypedArray, dtype: DType): void
  /** A copy of a block's elements. */
  read(block: Block, size: number, dtype: DType): Promise<TypedArray>
  /** Calls `use` with the first bytes of a block, once the device has left them. */
  mapped<T>(
    block: Block,
    byteLength: number,
    use: (bytes: ArrayBuffer) => T | Promise<T>,
    mode?: number,
    patience?: Patience,
  ): Promise<T>
  /** Whether the device is gone, which it may take a moment to say. */
  isGone(): Promise<boolean>
  close(): void
}

const LOST_WITHIN_MS = 50
const atOnce: Patience = (ask) => ask()

export function createSession({ device, limits, tuning, isPolled, isShared }: Opened): Session {
  let blocks = 0
  /** What calls fail with once there is no device. */
  let failure: (() => Error) | null = null
  const mint = (): number => blocks++
  const pool = (usage: number): Pool => createPool(device, usage, limits.maxBufferSize, mint)
  const values = pool(VALUE)
  const staging = pool(USAGE.mapRead | USAGE.copyTarget)
  const leaving = pool(USAGE.mapRead | USAGE.copyTarget)
  const host = pool(USAGE.mapWrite | USAGE.copySource)
  const pools = [values, staging, leaving, host]
  const gone = device.lost.then(({ message, reason }) => {
    failure ??= () => lostError(message || reason)
  })
  const check = (): void => {
    if (failure) throw failure()
  }
  /** The device says that it is lost after what waited for it has failed. */
  const said = (): Promise<unknown> =>
    Promise.race([gone, new Promise((resolve) => setTimeout(resolve, LOST_WITHIN_MS))])
  /** The error itself, or that the device was lost where it was. */
  const whyNot = async (error: unknown): Promise<never> => {
    await said()
    check()
    throw error
  }
  const mapped: Session['mapped'] = async (block, byteLength, use, mode = MAP_READ, patience = atOnce) => {
    try {
      await patience(() => block.gpu.mapAsync(mode, 0, Math.ceil(byteLength / 4) * 4))
    } catch (error) {
      return whyNot(error)
    }
    try {
      return await use(block.gpu.getMappedRange(0, Math.ceil(byteLength / 4) * 4))
    } finally {
      block.gpu.unmap()
    }
  }
  const watched: Session['watched'] = (doing, act) => {
    check()
    device.pushErrorScope('out-of-memory')
    device.pushErrorScope('validation')
    const verdicts = (): Promise<GPUError | null>[] => [device.popErrorScope(), device.popErrorScope()]
    const first = blocks
    const wait = async (both: readonly Promise<GPUError | null>[]): Promise<void> => {
      const last = blocks
      const [validation, memory] = await Promise.all(both).catch(whyNot)
      check()
      // Buffers that were made meanwhile are none.
      if (memory) for (const pool of pools) pool.discard(first, last)
      const error = memory ?? validation
      if (error) throw explained(error, doing)
    }
    try {
      const value = act()
      return { value, verdict: wait(verdicts()) }
    } catch (error) {
      for (const verdict of verdicts()) verdict.catch(() => undefined)
      throw error
    }
  }
  return {
    device,
    limits,
    tuning,
    isPolled,
    library: createLibrary(device.features.has(HALF)),
    pipelines: createPipelines(device),
    values,
    staging,
    leaving,
    host,
    check,
    watched,
    mapped,
    async isGone() {
      await said()
      return failure !== null
    },
    write(block, data, dtype) {
      if (data.length === 0) return
      const words = new ArrayBuffer(wordBytes(data.length, dtype))
      writeWords(data, dtype, words, 0)
      device.queue.writeBuffer(block.gpu, 0, words)
    },
    async read(block, size, dtype) {
      if (size === 0) return allocate(dtype, 0)
      const bytes = wordBytes(size, dtype)
      const to = staging.take(bytes, 'download')
      try {
        const { verdict } = watched('to read a value', () => {
          const encoder = device.createCommandEncoder()
          encoder.copyBufferToBuffer(block.gpu, 0, to.gpu, 0, bytes)
          device.queue.submit([encoder.finish()])
        })
        const [data] = await Promise.all([mapped(to, bytes, (from) => readWords(from, 0, size, dtype)), verdict])
        return data
      } finally {
        staging.give(to)
      }
    },
    close() {
      failure ??= closedError
      for (const pool of pools) pool.destroy()
      if (!isShared) device.destroy()
    },
  }
}

/** The copy that a run brings of a value, of which it is write number `write`. */
export interface Mirrored {
  readonly buffer: GpuBuffer
  readonly write: number
  readonly offset: number
}

/** Takes what a mirror of values holds from the bytes of a run. */
export function refresh(mirrors: readonly Mirrored[], from: ArrayBuffer): void {
  for (const { buffer, write, offset } of mirrors) {
    if (buffer.disposed || write < buffer.mirrored) continue
    buffer.mirrored = write
    if (buffer.mirror) copyWords(from, offset, buffer.mirror, buffer.dtype)
    else buffer.mirror = readWords(from, offset, buffer.size, buffer.dtype)
  }
}
