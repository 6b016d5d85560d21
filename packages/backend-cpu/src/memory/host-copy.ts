import { OutOfMemoryError } from '@gradloom/core'

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
