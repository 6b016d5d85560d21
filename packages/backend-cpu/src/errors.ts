import { BackendError, DisposedError, OutOfMemoryError, type DeviceBuffer } from '@gradloom/core'

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export const closedError = (): BackendError =>
  new BackendError('cpu: an open backend required, got one that was closed; create another')

export const disposedError = (what: string): DisposedError =>
  new DisposedError(`cpu: a live ${what} required, got a disposed one`)

/** @throws DisposedError after `dispose`; TypeError for a buffer of another backend */
export function liveBuffer<B extends DeviceBuffer & { readonly owner: object }>(
  buffer: DeviceBuffer,
  owner: B['owner'],
): B {
  if ((buffer as B).owner !== owner)
    throw new TypeError('cpu: a buffer of this backend required, got one of another; download and upload it')
  if (buffer.disposed)
    throw new DisposedError(
      `cpu: a live buffer required, got a disposed one of ${buffer.size} ${buffer.dtype} elements`,
    )
  return buffer as B
}

/** What `make` takes of the memory of JavaScript. @throws OutOfMemoryError where there is none */
export function hostCopy<T>(byteLength: number, make: () => T): T {
  try {
    return make()
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new OutOfMemoryError(
      `cpu: ${byteLength} bytes required for a copy outside of the backend's memory, got none; keep less, or dispose`,
      { cause },
    )
  }
}
