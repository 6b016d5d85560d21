import { byteSize, type DeviceBuffer, type DType } from '@gradloom/core'
import type { DeviceMemory } from './device-memory.ts'

/** A value in the heap of one backend. */
export interface CpuBuffer extends DeviceBuffer {
  readonly owner: DeviceMemory
  readonly address: number
}

/** Allocates room for `size` elements; `isZero`: of zeros. @throws OutOfMemoryError */
export function createBuffer(
  owner: DeviceMemory,
  dtype: DType,
  size: number,
  isZero: boolean,
  released: (buffer: CpuBuffer) => void,
): CpuBuffer {
  const byteLength = byteSize(dtype) * size
  const address = isZero ? owner.allocateZeros(byteLength) : owner.allocate(byteLength)
  /** Null once it is disposed: nothing of the backend is held from then on but `owner`. */
  let release: typeof released | null = released
  const buffer: CpuBuffer = Object.freeze({
    owner,
    dtype,
    size,
    address,
    get disposed() {
      return release === null
    },
    dispose: () => {
      if (!release) return
      const last = release
      release = null
      owner.free(address)
      last(buffer)
    },
  })
  return buffer
}
