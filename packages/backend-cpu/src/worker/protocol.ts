import type { DType, MemoryReport, Plan, TypedArray } from '@gradloom/core'
import type { Fault } from './fault.ts'

/** What the executor needs to know before anything else. */
export interface StartRequest {
  readonly threads: 'auto' | number
  readonly memoryLimit?: number
  /** A lock that the worker holds for as long as it lives, where the platform has locks. */
  readonly lock: string | null
}

export interface PrepareRequest {
  readonly executable: number
  readonly plan: Plan
  /** Ops of the plan whose kernel comes from a plugin. */
  readonly plugged: readonly string[]
}

/** Buffers go by number. */
export interface RunRequest {
  readonly executable: number
  readonly inputs: readonly (TypedArray | number)[]
  /** The number of the new buffer for each output that stays; 0 for those that come back. */
  readonly keep: readonly number[]
  /** Buffers that the run updates, whose new values come back. */
  readonly written: readonly number[]
  /** An array for each new value; null where there is none yet. */
  readonly copies: readonly (TypedArray | null)[]
}
export interface RunReply {
  /** Null where the output stays. */
  readonly outputs: readonly (TypedArray | null)[]
  readonly copies: readonly TypedArray[]
}

export interface UploadRequest { readonly buffer: number; readonly data: TypedArray; readonly dtype: DType }
export interface ReleaseRequest { readonly buffers: readonly number[]; readonly executables: readonly number[] }

/** What comes back for each call; with a value, the memory that is in use then. */
export type Reply<T> = { readonly value: T; readonly memory: MemoryReport } | { readonly fault: Fault }

/** The calls of the worker, each one message and its reply. It does them one after the other, in the order of sending. */
export interface ExecutorService {
  start(request: StartRequest): Promise<Reply<void>>
  prepare(request: PrepareRequest): Promise<Reply<void>>
  run(request: RunRequest): Promise<Reply<RunReply>>
  upload(request: UploadRequest): Promise<Reply<void>>
  download(buffer: number): Promise<Reply<TypedArray>>
  release(request: ReleaseRequest): Promise<Reply<void>>
}
