import { allocate, byteSize, type DeviceBuffer, type DType, type TypedArray } from '@gradloom/core'
import { hostCopy } from '../errors.ts'

/** Where a value lies in memory that outlives the worker. */
export interface Place {
  readonly memory: WebAssembly.Memory
  readonly address: number
}

/** A value in the worker, and what is left of it when the worker dies: the value after the last finished run. */
export interface RemoteBuffer extends DeviceBuffer {
  readonly owner: object
  readonly id: number
  readonly byteLength: number
  /** Null for results that were kept, where memory is not shared: those die with the worker. */
  saved: TypedArray | Place | null
  /** Where the worker puts the next copy: the one before the last. Null while it is there. */
  spare: TypedArray | null
}

export function createRemoteBuffer(
  owner: object,
  id: number,
  dtype: DType,
  size: number,
  saved: TypedArray | null,
  released: (buffer: RemoteBuffer) => void,
): RemoteBuffer {
  let disposed = false
  const buffer: RemoteBuffer = {
    owner,
    id,
    dtype,
    size,
    saved,
    spare: null,
    byteLength: byteSize(dtype) * size,
    get disposed() {
      return disposed
    },
    dispose: () => {
      if (disposed) return
      disposed = true
      buffer.saved = buffer.spare = null
      released(buffer)
    },
  }
  return buffer
}

/** The value as the last finished run left it; null where it is gone. */
export function savedValue({ saved, dtype, size, byteLength }: RemoteBuffer): TypedArray | null {
  if (!saved || ArrayBuffer.isView(saved)) return saved
  const { memory, address } = saved
  const out = hostCopy(byteLength, () => allocate(dtype, size))
  memory.grow(0) // brings the view of it up to date with what the worker grew
  // A bool is a word there.
  if (dtype === 'bool') out.set(new Int32Array(memory.buffer, address, size))
  else new Uint8Array(out.buffer).set(new Uint8Array(memory.buffer, address, byteLength))
  return out
}
