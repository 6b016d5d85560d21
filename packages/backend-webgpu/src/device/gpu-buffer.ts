import type { DeviceBuffer, DType, TypedArray } from '@gradloom/core'
import { disposedError } from '../errors.ts'
import type { Block } from './pool.ts'

/** A value on the device. */
export class GpuBuffer implements DeviceBuffer {
  readonly dtype: DType
  readonly size: number
  readonly owner: object
  /** What the value was after the last run that ended, where a copy is kept; from it the value is recovered. */
  mirror: TypedArray | null = null
  readonly #release: (buffer: GpuBuffer) => void
  #block: Block | null

  constructor(owner: object, block: Block, dtype: DType, size: number, release: (buffer: GpuBuffer) => void) {
    this.owner = owner
    this.#block = block
    this.dtype = dtype
    this.size = size
    this.#release = release
  }

  get disposed(): boolean {
    return this.#block === null
  }

  /** @throws DisposedError */
  get block(): Block {
    if (!this.#block) throw disposedError(`buffer of ${this.size} ${this.dtype} elements`)
    return this.#block
  }

  /** The same value on another device. */
  move(block: Block): void {
    if (this.#block) this.#block = block
  }

  dispose(): void {
    if (!this.#block) return
    this.#release(this)
    this.#block = null
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
