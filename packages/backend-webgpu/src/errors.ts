import { BackendError, DeviceLostError, DisposedError, KernelError, OutOfMemoryError } from '@gradloom/core'

export const closedError = (): BackendError =>
  new BackendError('webgpu: an open backend required, got one that was closed; create another')

export const disposedError = (what: string): DisposedError =>
  new DisposedError(`webgpu: a live ${what} required, got a disposed one`)

export const lostError = (reason: string): DeviceLostError =>
  new DeviceLostError(
    `webgpu: a live device required, got one that was lost (${reason || 'no reason given'}); await runtime.recover()`,
  )

export const unmirroredError = (size: number, dtype: string): DeviceLostError =>
  new DeviceLostError(
    `webgpu: a copy of the value of ${size} ${dtype} elements required, which was lost with the device, since its ` +
      'run wrote more than mirrorBytes; set it anew, and raise mirrorBytes',
  )

export const tooLarge = (bytes: number, most: number, what: string): OutOfMemoryError =>
  new OutOfMemoryError(
    `webgpu: ${bytes} bytes required for ${what}, the device has ${most} for one buffer; take smaller batches, or ` +
      'raise the limit maxBufferSize where the adapter has more',
  )

/** What the device says of a call, as an error of the backend. */
export function explained(error: GPUError, doing: string): Error {
  const { message } = error
  // The classes are no globals in Node.
  const isMemory = error.constructor.name === 'GPUOutOfMemoryError'
  if (isMemory)
    return new OutOfMemoryError(`webgpu: memory required ${doing}, the device has none left: ${message}; keep less`)
  return new KernelError(`webgpu: the device refused ${doing}: ${message}`)
}
