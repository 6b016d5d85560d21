import { OutOfMemoryError, type DType, type TypedArray } from '@gradloom/core'
import { closedError, hostCopy } from '../errors.ts'
import { createHeap } from './heap.ts'

/** Elements as they lie in wasm memory; a bool is a 32-bit word, 0 or 1, a float16 its bits. */
export type DeviceArray = Float32Array | Float64Array | Uint16Array | Int32Array | Uint32Array

/** The wasm memory of a backend and its heap. */
export interface DeviceMemory {
  /** @throws BackendError once it is closed */
  readonly memory: WebAssembly.Memory
  /** @throws OutOfMemoryError; `describe` adds what is known of the request */
  allocate(byteLength: number, describe?: () => string): number
  /** The same, filled with zeros: memory that was never used is so already. */
  allocateZeros(byteLength: number): number
  free(address: number): void
  /** Sets the size of the block after all others. @throws OutOfMemoryError; `describe` as for `allocate` */
  resizeTail(byteLength: number, describe?: () => string): void
  /** Where it begins: higher up when others took the room. */
  tail(): number
  /** Says that it is written to. */
  touchTail(): void
  /** A view that growing the memory invalidates: use it at once. */
  view(dtype: DType, address: number, size: number): DeviceArray
  write(data: TypedArray, dtype: DType, address: number): void
  /** @throws OutOfMemoryError */
  read(dtype: DType, address: number, size: number): TypedArray
  copy(from: number, to: number, byteLength: number): void
  readonly used: number
  readonly reserved: number
  /** Lets the memory go, whoever holds this. */
  close(): void
}

const PAGE = 65_536
const MOST_PAGES = 65_536 // 4 GiB: what 32-bit addresses reach

/** Starts small and grows by at least a quarter, so that growing stays rare. `shared`: helper threads work on it too.
 * */
export function createDeviceMemory(mostPages: number = MOST_PAGES, shared: boolean = false): DeviceMemory {
  let current: WebAssembly.Memory | null = new WebAssembly.Memory({ initial: 1, maximum: mostPages, shared })
  const memory = (): WebAssembly.Memory => {
    if (!current) throw closedError()
    return current
  }
  const pages = (): number => memory().buffer.byteLength / PAGE
  const heap = createHeap(64, (end) => {
    const missing = Math.ceil(end / PAGE) - pages()
    if (missing <= 0) return true
    for (const step of [Math.max(missing, pages() >> 2), missing]) {
      if (pages() + step > mostPages) continue
      try {
        memory().grow(step)
        return true
      } catch {
        /* the system has less: try the exact size, then give up */
      }
    }
    return false
  })
  let tailBytes = 0
  // What lies above was never written to.
  let touched = 0
  const touch = (end: number): void => {
    touched = Math.max(touched, end)
  }
  const refuse = (byteLength: number, used: number, describe?: () => string): never => {
    throw new OutOfMemoryError(
      `cpu: ${byteLength} bytes required with ${used} in use, got no more than ` +
        `${mostPages * PAGE}${describe ? `; ${describe()}` : ''}`,
    )
  }
  const take = (byteLength: number, describe?: () => string): number =>
    heap.allocate(byteLength) ?? refuse(byteLength, heap.used + tailBytes, describe)
  const view = (dtype: DType, address: number, size: number): DeviceArray => {
    const { buffer } = memory()
    return dtype === 'float32'
      ? new Float32Array(buffer, address, size)
      : dtype === 'float64'
        ? new Float64Array(buffer, address, size)
        : dtype === 'float16'
          ? new Uint16Array(buffer, address, size)
          : dtype === 'int32'
            ? new Int32Array(buffer, address, size)
            : new Uint32Array(buffer, address, size)
  }
  return {
    get memory() {
      return memory()
    },
    allocate: (byteLength, describe) => {
      const address = take(byteLength, describe)
      touch(address + byteLength)
      return address
    },
    allocateZeros: (byteLength) => {
      const address = take(byteLength)
      const old = Math.min(byteLength, touched - address)
      if (old > 0) new Uint8Array(memory().buffer, address, old).fill(0)
      touch(address + byteLength)
      return address
    },
    resizeTail: (byteLength, describe) => {
      if (!heap.resizeTail(byteLength)) refuse(byteLength, heap.used, describe)
      tailBytes = byteLength
    },
    tail: () => heap.tail,
    touchTail: () => touch(heap.tail + tailBytes),
    free: heap.free,
    view,
    write: (data, dtype, address) => {
      const to = view(dtype, address, data.length)
      if (dtype === 'bool') for (let i = 0; i < data.length; i++) to[i] = data[i] ? 1 : 0
      else to.set(data)
    },
    read: (dtype, address, size) => {
      const from = view(dtype, address, size)
      // `slice` would fill its memory with zeros first.
      return hostCopy(from.byteLength, () =>
        dtype === 'bool'
          ? Uint8Array.from(from)
          : new (from.constructor as Float32ArrayConstructor)(from as Float32Array),
      )
    },
    copy: (from, to, byteLength) => void new Uint8Array(memory().buffer).copyWithin(to, from, from + byteLength),
    get used() {
      return heap.used
    },
    get reserved() {
      return current?.buffer.byteLength ?? 0
    },
    close: () => {
      current = null
    },
  }
}
