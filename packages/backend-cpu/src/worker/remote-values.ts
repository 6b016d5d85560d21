import type { DeviceBuffer, DType, TypedArray } from '@gradloom/core'
import { hostCopy, liveBuffer } from '../errors.ts'
import type { Link } from './link.ts'
import { createRemoteBuffer, savedValue, type RemoteBuffer } from './remote-buffer.ts'

/** The values that a backend has in its worker, and what a new worker gets them from. */
export interface RemoteValues {
  readonly byteLength: number
  create(dtype: DType, size: number, saved: TypedArray | null): RemoteBuffer
  /** @throws BackendError for a value of another backend, DisposedError for one that was disposed */
  own(value: DeviceBuffer): RemoteBuffer
  /** Sends a value that is known here. */
  send(to: Link, buffer: RemoteBuffer): Promise<void>
  /** Takes note of where the value is that a call left: in an array that came back, or at an address. */
  save(buffer: RemoteBuffer, from: Link, value: TypedArray | number): void
  restore(to: Link): Promise<unknown>
  forget(): void
}

/** @param released told which values nobody has any more */
export function createRemoteValues(released: (id: number) => void): RemoteValues {
  const owner = {}
  const live = new Set<RemoteBuffer>()
  let ids = 0
  let bytes = 0

  const values: RemoteValues = {
    get byteLength() {
      return bytes
    },
    create(dtype, size, saved) {
      const buffer = createRemoteBuffer(owner, ++ids, dtype, size, saved, (b) => {
        live.delete(b)
        bytes -= b.byteLength
        released(b.id)
      })
      bytes += buffer.byteLength
      live.add(buffer)
      return buffer
    },
    own: (value) => liveBuffer<RemoteBuffer>(value, owner),
    async send(to, buffer) {
      const value = savedValue(buffer)
      if (!value) return
      const data = copyOf(value)
      values.save(buffer, to, await to.call('upload', { buffer: buffer.id, data, dtype: buffer.dtype }, [data]))
    },
    save(buffer, { shared }, value) {
      if (buffer.disposed) return
      if (ArrayBuffer.isView(value))
        [buffer.saved, buffer.spare] = [value, ArrayBuffer.isView(buffer.saved) ? buffer.saved : null]
      else if (shared) buffer.saved = { memory: shared, address: value }
    },
    restore: (to) => Promise.all([...live].map((buffer) => values.send(to, buffer))),
    forget() {
      for (const buffer of live) buffer.saved = buffer.spare = null
      live.clear()
    },
  }
  return values
}

export const copyOf = (data: TypedArray): TypedArray => hostCopy(data.byteLength, () => data.slice())
