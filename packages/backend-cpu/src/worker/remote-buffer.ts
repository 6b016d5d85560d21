import { byteSize, DisposedError, type DeviceBuffer, type DType, type TypedArray } from '@gradloom/core'

/** A value in the worker, and its copy here: what the last finished run left, for when the worker dies. */
export interface RemoteBuffer extends DeviceBuffer {
  readonly owner: object
  readonly id: number
  readonly byteLength: number
  /** Null for results that were kept: those die with the worker. */
  copy: TypedArray | null
  /** Where the worker puts the next copy: the one before the last. Null while it is there. */
  spare: TypedArray | null
}

export function createRemoteBuffer(owner: object, id: number, dtype: DType, size: number, copy: TypedArray | null, released: (buffer: RemoteBuffer) => void): RemoteBuffer {
  let disposed = false
  const buffer: RemoteBuffer = {
    owner, id, dtype, size, copy, spare: null, byteLength: byteSize(dtype) * size,
    get disposed() { return disposed },
    dispose: () => {
      if (disposed) return
      disposed = true
      buffer.copy = buffer.spare = null
      released(buffer)
    },
  }
  return buffer
}

/** @throws DisposedError after `dispose`; TypeError for a buffer of another backend */
export function liveRemote(buffer: DeviceBuffer, owner: object): RemoteBuffer {
  if ((buffer as RemoteBuffer).owner !== owner) throw new TypeError('cpu: a buffer of this backend required, got one of another; download and upload it')
  if (buffer.disposed) throw new DisposedError(`cpu: a live buffer required, got a disposed one of ${buffer.size} ${buffer.dtype} elements`)
  return buffer as RemoteBuffer
}
