import type { Plan } from './plan.ts'
import type { DType, TypedArray } from '../dtype.ts'

/** What a third party implements to run plans somewhere. Calls act in the order that they are made in: what is disposed
 * while a run has not ended yet serves that run still. */
export interface Backend {
  readonly name: string
  readonly capabilities: Capabilities
  /** Starts what the backend needs (compiling modules, workers, a device); called once, before the first `prepare`. */
  start(): Promise<void>
  /** Makes a plan runnable. `kernels`: those that plugins registered for this backend, by op name.
   * @throws KernelError, OutOfMemoryError */
  prepare(plan: Plan, kernels: ReadonlyMap<string, unknown>): Promise<Executable>
  /** `prepare` without waiting, where the backend can (`capabilities.inline`, after `start`). */
  prepareSync?(plan: Plan, kernels: ReadonlyMap<string, unknown>): Executable
  upload(data: TypedArray, dtype: DType): Promise<DeviceBuffer>
  download(buffer: DeviceBuffer): Promise<TypedArray>
  memory(): MemoryReport
  /** Starts again where what the backend runs on was lost, and does nothing where it was not. Buffers are there again,
   * as the last run that ended left them; executables are prepared anew. Absent: nothing can be lost.
   * @throws BackendError, DeviceLostError where it cannot */
  recover?(): Promise<void>
  close(): Promise<void>
}

export interface Capabilities {
  /** Plans have float16 in memory, and in formulas, of which each operation is rounded; what reductions, contractions
   * and named kernels take and give is float32. */
  readonly dtypes: readonly DType[]
  /** Names of the ops with a kernel of their own, beyond loop kernels and contractions. */
  readonly kernels: readonly string[]
  /** True where runs can finish synchronously (`runSync`). */
  readonly inline: boolean
  /** False: one kernel an op, for a backend that is an oracle. */
  readonly fuse?: boolean
  readonly limits?: Limits
}

/** What a backend's memory and kernels ask of a plan; what is absent is not limited, or has the value stated. */
export interface Limits {
  /** Buffers that one kernel can bind; 24 where absent. */
  readonly buffersPerKernel?: number
  /** Buffers of the arena start at multiples of so many bytes; 64 where absent, a cache line. */
  readonly alignment?: number
  /** Bytes of memory, for the arena, variables and all else together. */
  readonly memory?: number
}

/** A value that lives on a device. `dispose` frees it; using it afterwards is a DisposedError. */
export interface DeviceBuffer {
  readonly dtype: DType
  readonly size: number
  readonly disposed: boolean
  dispose(): void
}

/** One entry per plan input, in order: host data to copy in, or a buffer of this backend. */
export type Bindings = readonly (TypedArray | DeviceBuffer)[]

export interface Executable {
  /** Bytes that it holds until it is disposed, besides the arena that plans share: tables, constants, code. */
  readonly byteLength: number
  /** Resolves to one entry per plan output: a host copy, or where `keep[i]`, a new device buffer. A step that fails
   * rejects and leaves every input as it was. */
  run(inputs: Bindings, keep: readonly boolean[]): Promise<(TypedArray | DeviceBuffer)[]>
  runSync?(inputs: Bindings, keep: readonly boolean[]): (TypedArray | DeviceBuffer)[]
  /** `run`, and when each step ran: for tools, where a backend can tell. It may be slower than `run` by what looking at
   * a clock takes, and does the same otherwise. A backend whose device has a clock of its own gives that clock's times:
   * of timestamps that a GPU wrote at the beginning and end of a step's passes, say, as far as they are fine enough. */
  profile?(inputs: Bindings, keep: readonly boolean[]): Promise<Profiled>
  dispose(): void
}

/** What a run that was timed gives. */
export interface Profiled {
  /** As of `run`. */
  readonly values: (TypedArray | DeviceBuffer)[]
  /** When steps ran, in the order in which they began. */
  readonly spans: readonly Span[]
  /** From the first thing that the backend did to the last, on the clock of the spans. */
  readonly totalMs: number
  /** Where the backend can tell: what the steps of plans within steps took, which is part of their step's time. */
  readonly nested?: readonly NestedTime[]
}

/** What a step of a plan within a step took, all positions of a scan together. */
export interface NestedTime {
  /** The step of the plan, which of the plans that it runs, the step of that one, and so on where it runs plans too. */
  readonly path: readonly number[]
  readonly ms: number
}

/** A stretch of time in which a step ran. */
export interface Span {
  /** Its position in the plan. */
  readonly step: number
  /** Since the run began. */
  readonly startMs: number
  readonly endMs: number
  /** 0 for what does the steps one after another: its spans do not overlap, and each step has one at least. Greater
   * numbers for what works on them beside it, such as helper threads. */
  readonly lane: number
}

/** Bytes. `arena`: the block that prepared plans share, since they run one at a time: as large as the one that needs
 * most, 0 when all are disposed. `buffers`: uploaded and kept values. `reserved`: taken from the system, in use or not,
 * for these and for what executables hold besides. `host`: the host's memory, of which `reserved` counts nothing, for
 * values that policies move there; absent where none can be. */
export interface MemoryReport {
  readonly arena: number
  readonly buffers: number
  readonly reserved: number
  readonly host?: number
}
