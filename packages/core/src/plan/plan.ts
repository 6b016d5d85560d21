import type { DType } from '../dtype.ts'
import type { ScalarOp } from '../scalar.ts'

/** A plan is plain data: cloneable, printable, the same for every backend. Numbers in `buffer` fields index
 * `Plan.buffers`. */
export interface Plan {
  readonly buffers: readonly PlanBuffer[]
  readonly steps: readonly Step[]
  readonly inputs: readonly PlanInput[]
  readonly outputs: readonly PlanOutput[]
  /** Bytes of the arena: the peak of everything that is not an input. */
  readonly arenaBytes: number
  /** What they would be without recomputation, where something is computed again. */
  readonly plainArenaBytes?: number
}

/** `input`: bound at each run (index into `Plan.inputs`); otherwise a region of the arena. Regions start at multiples
 * of 64 bytes. */
export type PlanBuffer = { readonly dtype: DType; readonly size: number } & (
  | { readonly kind: 'input'; readonly input: number }
  | { readonly kind: 'arena'; readonly byteOffset: number }
)

/** `written`: a step writes the input in place (a variable's update). */
export interface PlanInput {
  readonly kind: 'feed' | 'variable' | 'value'
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly buffer: number
  readonly written: boolean
}
export interface PlanOutput {
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly buffer: number
}

export type Step =
  | ({ readonly type: 'loop' } & LoopKernel & StepInfo)
  | ({ readonly type: 'contraction' } & Contraction & StepInfo)
  | ({ readonly type: 'kernel' } & KernelCall & StepInfo)
  | ({ readonly type: 'scan' } & Scan & StepInfo)
  | ({ readonly type: 'cond' } & Cond & StepInfo)

/** The part of a program that something belongs to: what the user wrote, its gradient, a value computed again for that,
 * or what is kept in a value's place until then. */
export type Pass = 'forward' | 'backward' | 'recompute' | 'pack'

/** Why a loop is not part of the one that writes what it reads. `space`: it goes over other indices; `axes`: it reduces
 * others; `elements`: it reads more than the element that is there in turn; `rows`: too few rows to share out; `sums`:
 * floats would be added up in another order; `size`, `buffers`: more than one kernel should compute or may bind;
 * `terms`: a sum of large values goes on, a few terms at a time, so that not all are there at once; `merge`: two loops
 * that it reads cannot be one; `backend`: another one runs it, or one that computes op by op. */
export type Apart = 'space' | 'axes' | 'elements' | 'rows' | 'sums' | 'size' | 'buffers' | 'terms' | 'merge' | 'backend'

/** What print, traces and tools tell of a step. */
export interface StepInfo {
  /** The ops that it does. */
  readonly label: string
  /** Where the first of them was built. */
  readonly scope: string
  /** Of the last of them; the forward pass where absent. */
  readonly pass?: Pass
  /** Of a loop that reads another's result: why the two are not one. */
  readonly apart?: Apart
}

/** Element address = offset + sum of strides * indices, over outer then inner dimensions. Stride 0 broadcasts, < 0
 * flips. */
export interface Access {
  readonly buffer: number
  readonly dtype: DType
  readonly offset: number
  readonly strides: readonly number[]
}

/** For each outer index (they are independent of one another), the phases in order. Reads see what earlier phases wrote
 * for the same outer index. */
export interface LoopKernel {
  readonly outer: readonly number[]
  readonly inner: readonly number[]
  readonly reads: readonly Access[]
  readonly phases: readonly Phase[]
  /** Where floats are summed or multiplied: neighbours in memory lie along the last inner dimension, or the last outer
   * one. A backend that takes sums in parts does so by this and by sizes alone, and leaves the inner dimensions as they
   * are, so that a sum has the same bits in every kernel. */
  readonly lanes?: 'inner' | 'outer'
}

/** One pass over the inner indices, or a single evaluation per outer index. `reduce` entries are numbered through all
 * phases of the kernel; their results are visible to later phases as `reduced`. */
export interface Phase {
  readonly over: 'inner' | 'outer'
  readonly code: readonly Instruction[]
  readonly reduce: readonly { readonly kind: ReduceKind; readonly value: number }[]
  readonly write: readonly { readonly access: Access; readonly value: number }[]
}

/** `argMax`/`argMin` give the first row-major inner position as int32; NaN counts as the extreme, as in NumPy.
 * `max`/`min` propagate NaN. */
export type ReduceKind = 'sum' | 'prod' | 'max' | 'min' | 'any' | 'all' | 'argMax' | 'argMin'

/** Static single assignment: `args` are positions of earlier instructions in the same phase.
 * `index`: the int32 value offset + sum of strides * indices (outer then inner); `reduced`: result number `value`. */
export type Instruction =
  | { readonly op: 'read'; readonly dtype: DType; readonly read: number }
  | { readonly op: 'const'; readonly dtype: DType; readonly value: number }
  | { readonly op: 'index'; readonly dtype: 'int32'; readonly offset: number; readonly strides: readonly number[] }
  | { readonly op: 'reduced'; readonly dtype: DType; readonly value: number }
  | { readonly op: ScalarOp; readonly dtype: DType; readonly args: readonly number[] }

/** out[b, m, n] = sum over k of a[b, m, k] * b[b, k, n]; `out` is contiguous. Batch strides follow `batch`, in
 * elements. */
export interface Contraction {
  readonly dtype: DType
  readonly batch: readonly number[]
  readonly m: number
  readonly n: number
  readonly k: number
  readonly a: Operand
  readonly b: Operand
  readonly out: number
}
/** Strides of an operand: `row` along m (a) or k (b), `column` along k (a) or n (b). */
export interface Operand {
  readonly buffer: number
  readonly offset: number
  readonly batch: readonly number[]
  readonly row: number
  readonly column: number
}

/** A named kernel on whole contiguous buffers. */
export interface KernelCall {
  readonly name: string
  readonly attrs: unknown
  readonly inputs: readonly KernelArgument[]
  readonly outputs: readonly KernelArgument[]
  /** Floating-point operations, where the op says how many. */
  readonly flops?: number
}
export interface KernelArgument {
  readonly buffer: number
  readonly shape: readonly number[]
  readonly dtype: DType
}

/** A plan inside another, without outputs: it writes inputs. Input i lies in a buffer of the outer plan, as `places[i]`
 * says;
 * the arena is the outer buffer `arena`. */
export interface Nested {
  readonly plan: Plan
  readonly places: readonly Place[]
  readonly arena: number
}
/** A buffer cut into `count` parts as large as the nested input: at position p the input is part (p + first) modulo
 * count. */
export interface Place {
  readonly buffer: number
  readonly first: number
  readonly count: number
}

/** Runs a plan at positions 0 to length - 1 one after another, or under `reverse` from the last to the first. */
export interface Scan extends Nested {
  readonly length: number
  readonly reverse: boolean
}
/** Runs the first branch, at position 0, where the bool in the buffer `predicate` is true, else the second. */
export interface Cond {
  readonly predicate: number
  readonly branches: readonly [Nested, Nested]
}
