/** Stands for a step's scratch memory where a buffer of the plan is named. */
export const SCRATCH = -1

/** A word of a step's descriptor that holds the address of a buffer of the plan, or with `SCRATCH` of the scratch
 * memory. */
export interface Pointer {
  readonly word: number
  readonly buffer: number
  readonly byteOffset: number
}

const ALIGNMENT = 64
/** Bytes that begin and end at multiples of 64. */
export const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

/** Where a step finds things in memory. */
export interface StepAddresses {
  /** Of the plan's buffers. */
  readonly buffers: readonly number[]
  readonly scratch: number
  readonly descriptor: number
}

/** A step that is ready to run, wherever its data will lie. */
export interface ReadyStep {
  /** Its descriptor as it begins, to be kept in memory at a multiple of 8; pointers into it are filled in and kept up
   * to date. */
  readonly words: Int32Array
  readonly pointers: readonly Pointer[]
  /** Memory that it may use while it runs, at a multiple of 64. */
  readonly scratchBytes: number
  /** `note`: is told of the steps of plans that it runs. */
  run(at: StepAddresses, note?: Note): void
}

/** Is told when a step ran, on the clock of the thread; see `path` of NestedTime. */
export type Note = (path: readonly number[], startMs: number, endMs: number) => void

const NO_WORDS: Int32Array = /* @__PURE__ */ new Int32Array(0)
/** A step that needs its addresses only. */
export const bareStep = (run: ReadyStep['run']): ReadyStep => ({ words: NO_WORDS, pointers: [], scratchBytes: 0, run })
