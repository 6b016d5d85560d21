import type { DeviceBuffer, DType, TypedArray } from '@gradloom/core'
import { disposedError, unmirroredError } from '../errors.ts'
import type { Block } from './pool.ts'

/** A value on the device. */
export class GpuBuffer implements DeviceBuffer {
  readonly dtype: DType
  readonly size: number
  readonly owner: object
  /** What the value was after the last run that ended, where a copy is kept; from it the value is recovered. */
  mirror: TypedArray | null = null
  /** How many runs have written it, and which of them the copy is of: a run may be heard of before an earlier one. */
  writes = 0
  mirrored = 0
  readonly #release: (buffer: GpuBuffer, block: Block) => void
  #block: Block | null
  #isLost = false

  constructor(
    owner: object,
    block: Block,
    dtype: DType,
    size: number,
    release: (buffer: GpuBuffer, block: Block) => void,
  ) {
    this.owner = owner
    this.#block = block
    this.dtype = dtype
    this.size = size
    this.#release = release
  }

  get disposed(): boolean {
    return this.#block === null
  }

  /** @throws DisposedError; DeviceLostError where the value went with the device */
  get block(): Block {
    if (!this.#block) throw disposedError(`buffer of ${this.size} ${this.dtype} elements`)
    if (this.#isLost) throw unmirroredError(this.size, this.dtype)
    return this.#block
  }

  /** The same value on another device; null where no copy of it was kept. */
  move(block: Block | null): void {
    this.#isLost = block === null
    if (block) this.#block = block
  }

  dispose(): void {
    const block = this.#block
    if (!block) return
    this.#block = null
    this.#release(this, block)
    this.mirror = null
  }
}

/** @throws TypeError for a buffer of another backend, DisposedError after `dispose` */
export function liveBuffer(buffer: DeviceBuffer, owner: object): GpuBuffer {
  if (!(buffer instanceof GpuBuffer) || buffer.owner !== owner)
    throw new TypeError('webgpu: a buffer of this backend required, got one of another; download and upload it')
  if (buffer.disposed) throw disposedError(`buffer of ${buffer.size} ${buffer.dtype} elements`)
  return buffer
}
