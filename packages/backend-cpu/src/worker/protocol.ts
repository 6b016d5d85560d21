import type { DType, MemoryReport, Plan, Profiled, TypedArray } from '@gradloom/core'
import { transfer } from 'comlink'
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
  /** Buffers that the run updates. */
  readonly written: readonly number[]
  /** An array to copy each new value to; null where there is none. */
  readonly spares: readonly (TypedArray | null)[]
  readonly isTimed: boolean
}
export interface RunReply {
  /** For an output that stays, its address. */
  readonly outputs: readonly (TypedArray | number)[]
  /** For each buffer that was updated, where its value is: in an array that comes back, or in shared memory at an
   * address. */
  readonly updated: readonly (TypedArray | number)[]
  /** Of a run that was timed. */
  readonly times: Timing | null
}
export type Timing = Omit<Profiled, 'values'>

export interface UploadRequest {
  readonly buffer: number
  readonly data: TypedArray
  readonly dtype: DType
}
export interface ReleaseRequest {
  readonly buffers: readonly number[]
  readonly executables: readonly number[]
}

/** What comes back for each call; with a value, the memory that is in use then. */
export type Reply<T> = { readonly value: T; readonly memory: MemoryReport } | { readonly fault: Fault }

/** What the worker can be asked for, each with one message and its reply: request and value. It does one after the
 * other, in the order of sending. */
export interface ExecutorCalls {
  /** Gives the memory that buffers are in, where it is shared. */
  start(request: StartRequest): WebAssembly.Memory | null
  /** Gives the bytes that the executable holds. */
  prepare(request: PrepareRequest): number
  run(request: RunRequest): RunReply
  /** Gives the address. */
  upload(request: UploadRequest): number
  download(buffer: number): TypedArray
  release(request: ReleaseRequest): void
}
export type Method = keyof ExecutorCalls
export type Request<K extends Method> = Parameters<ExecutorCalls[K]>[0]
export type Value<K extends Method> = ReturnType<ExecutorCalls[K]>

/** The function of the worker that its owner calls. */
export type Ask = <K extends Method>(method: K, request: Request<K>) => Promise<Reply<Value<K>>>

/** Has the arrays among `parts` of a message handed over with it, not copied. */
export const handingOver = <T>(message: T, parts: readonly unknown[]): T =>
  transfer(
    message,
    parts.flatMap((part) => (ArrayBuffer.isView(part) ? [part.buffer as ArrayBuffer] : [])),
  )
