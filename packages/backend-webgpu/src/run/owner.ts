import type { DType } from '@gradloom/core'
import type { Arena } from '../device/arena.ts'
import type { GpuBuffer } from '../device/gpu-buffer.ts'
import type { Session } from '../device/session.ts'
import type { Turns } from '../device/turns.ts'
import type { FeedMemory } from './feed-room.ts'

/** What an executable takes from its backend. */
export interface Owner {
  /** What its buffers say that they belong to. */
  readonly identity: object
  readonly session: Session
  readonly arena: Arena
  /** Values that are on the host for a while: one block for all plans too. */
  readonly host: Arena
  readonly feeds: FeedMemory
  readonly turns: Turns
  /** Runs that write more bytes keep no copy of them on the host. */
  readonly mirrorBytes: number
  keep(dtype: DType, size: number): GpuBuffer
  /** @throws BackendError where the backend was closed */
  open(): void
}
