import { BackendError, DisposedError, allocate, type DType, type DeviceBuffer, type TypedArray } from '@gradloom/core'

/** Memory of one buffer of a plan: its elements, and which of them were written. */
export interface Memory {
  readonly data: TypedArray
  readonly written: Uint8Array
}

/** Memory without any written element. */
export const freshMemory = (dtype: DType, size: number): Memory => ({
  data: allocate(dtype, size),
  written: new Uint8Array(size),
})

/** `data` as memory, all of it written. */
export const memoryOf = (data: TypedArray): Memory => ({ data, written: new Uint8Array(data.length).fill(1) })

/** A value that the reference backend keeps. */
export class ReferenceBuffer implements DeviceBuffer {
  readonly dtype: DType
  readonly size: number
  readonly owner: object
  readonly #release: (buffer: ReferenceBuffer) => void
  #data: TypedArray | null

  constructor(owner: object, data: TypedArray, dtype: DType, release: (buffer: ReferenceBuffer) => void) {
    this.owner = owner
    this.#data = data
    this.dtype = dtype
    this.size = data.length
    this.#release = release
  }

  get disposed(): boolean {
    return this.#data === null
  }

  /** @throws DisposedError */
  get data(): TypedArray {
    if (!this.#data)
      throw new DisposedError(
        `reference: a live buffer required, got a disposed one of ${this.size} ${this.dtype} elements`,
      )
    return this.#data
  }

  dispose(): void {
    if (!this.#data) return
    this.#data = null
    this.#release(this)
  }
}

/** @throws BackendError for a buffer of another backend */
export function ownBuffer(buffer: DeviceBuffer, owner: object): ReferenceBuffer {
  if (buffer instanceof ReferenceBuffer && buffer.owner === owner) return buffer
  throw new BackendError(
    'reference: a buffer of this backend required, got one of another; download it there and upload it here',
  )
}
