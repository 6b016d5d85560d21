import { byteSize, DisposedError, type DeviceBuffer, type DType } from '@gradloom/core'
import type { DeviceMemory } from './device-memory.ts'

/** A value in the heap of one backend. */
export interface CpuBuffer extends DeviceBuffer {
  readonly owner: DeviceMemory
  readonly address: number
}

/** Allocates room for `size` elements. @throws OutOfMemoryError */
export function createBuffer(
  owner: DeviceMemory,
  dtype: DType,
  size: number,
  released: (byteLength: number) => void,
): CpuBuffer {
  const byteLength = byteSize(dtype) * size
  const address = owner.allocate(byteLength)
  let disposed = false
  return Object.freeze({
    owner,
    dtype,
    size,
    address,
    get disposed() {
      return disposed
    },
    dispose: () => {
      if (disposed) return
      disposed = true
      owner.free(address)
      released(byteLength)
    },
  })
}

/** @throws DisposedError after `dispose`; TypeError for a buffer of another backend */
export function liveBuffer(buffer: DeviceBuffer, owner: DeviceMemory): CpuBuffer {
  if ((buffer as CpuBuffer).owner !== owner)
    throw new TypeError('cpu: a buffer of this backend required, got one of another; download and upload it')
  if (buffer.disposed)
    throw new DisposedError(
      `cpu: a live buffer required, got a disposed one of ${buffer.size} ${buffer.dtype} elements`,
    )
  return buffer as CpuBuffer
}
