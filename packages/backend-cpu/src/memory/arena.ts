import { BackendError } from '@gradloom/core'
import type { DeviceMemory } from './device-memory.ts'

/** The memory that all plans of a backend work in, one at a time: as large as the largest claim on it. What it holds
 * lasts for a run, so that it may move between runs. */
export interface Arena {
  readonly byteLength: number
  /** Sets what `holder` needs. @throws OutOfMemoryError, after which every claim is as before; `describe` adds what is
   * known of the request */
  claim(holder: object, byteLength: number, describe: () => string): void
  release(holder: object): void
  /** Lends the memory, at an address that is a multiple of 64; `isWritten`: whether anything is written there. */
  use<T>(isWritten: boolean, body: (address: number) => T): T
  /** @throws BackendError while it is used */
  checkUnused(): void
}

export function createArena({ tail, touchTail, resizeTail }: DeviceMemory): Arena {
  const claims = new Map<object, number>()
  let size = 0
  let used = false
  let loose = false

  const resize = (to: number, describe?: () => string): void => {
    resizeTail(to, describe)
    size = to
  }
  const shrink = (): void => {
    let most = 0
    for (const byteLength of claims.values()) most = Math.max(most, byteLength)
    resize(most)
    loose = false
  }
  const checkUnused = (): void => {
    if (used)
      throw new BackendError('cpu: one run at a time required, got a call from a kernel of another; make it afterwards')
  }
  return {
    checkUnused,
    get byteLength() {
      return size
    },
    claim: (holder, byteLength, describe) => {
      checkUnused()
      if (byteLength > size) resize(byteLength, describe)
      claims.set(holder, byteLength)
    },
    release: (holder) => {
      claims.delete(holder)
      if (used) loose = true
      else shrink()
    },
    use: (isWritten, body) => {
      checkUnused()
      if (isWritten) touchTail()
      used = true
      try {
        return body(tail())
      } finally {
        used = false
        if (loose) shrink()
      }
    },
  }
}
