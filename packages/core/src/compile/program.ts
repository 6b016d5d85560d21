import type { Capabilities } from '../plan/backend.ts'
import type { Plan, Step } from '../plan/plan.ts'
import type { DType } from '../dtype.ts'
import type { Node } from '../graph/node.ts'
import type { Origin } from '../graph/origin.ts'
import type { Mark, Policy } from '../graph/policy.ts'
import type { Tensor } from '../graph/tensor.ts'
import type { Shape } from '../shape.ts'

/** A variable, as the tensor that reads it, and its value after a run. */
export interface VariableUpdate {
  readonly variable: Tensor
  readonly value: Tensor
}

/** What to compile: results and variable updates of one run, for feeds of these shapes. */
export interface Program {
  readonly outputs: readonly Tensor[]
  readonly updates: readonly VariableUpdate[]
  readonly shapes: ReadonlyMap<string, Shape>
  /** Nodes whose values are there already, which a run need not compute; see `knownValues`. */
  readonly isKnown: (node: Node) => boolean
  /** Which forward values the backward pass computes again, beside those that segments say. */
  readonly policy?: Policy
}

/** A backend to compile for. */
export interface Target {
  readonly name: string
  readonly capabilities: Capabilities
  /** Kernels that plugins bring for it, by op name. */
  readonly kernels: ReadonlyMap<string, unknown>
}

/** A program between the first stages: concrete shapes, gradients expanded. */
export interface Graph {
  readonly outputs: readonly Tensor[]
  readonly updates: readonly VariableUpdate[]
  /** Values that are segments of their own; absent where there is no segment at all, within nodes neither. */
  readonly marks?: ReadonlyMap<Tensor, readonly Mark[]>
  /** Segments that all of it lies in, which say nothing of its values. */
  readonly outside?: readonly Mark[]
}

/** What a program computes. */
export const rootsOf = ({ outputs, updates }: Pick<Graph, 'outputs' | 'updates'>): Tensor[] => [
  ...outputs,
  ...updates.map((u) => u.value),
]

/** The results and updates that are these values, in the order of `rootsOf`. */
export const ofRoots = (
  roots: readonly Tensor[],
  { outputs: { length }, updates }: Pick<Graph, 'outputs' | 'updates'>,
): Pick<Graph, 'outputs' | 'updates'> => ({
  outputs: roots.slice(0, length),
  updates: updates.map(({ variable }, i) => ({ variable, value: roots[length + i] })),
})

/** Steps that run one after another, and what they touch; numbers are buffers. */
export interface StepGroup {
  readonly steps: readonly Step[]
  /** Each once, as with writes. */
  readonly reads: readonly number[]
  readonly writes: readonly number[]
  /** Groups that run before it, besides the writers of what it reads. */
  readonly after: StepGroup[]
  /** Its position in graph order. */
  readonly order: number
  /** Which target runs it. */
  readonly target: number
  readonly origin: Origin
  /** How it can fail on values, null where it cannot. What one of several groups of the same risk has checked fails
   * none of the others. */
  readonly risk: string | null
}

/** A buffer without an address yet; `leaf` is bound from outside. */
export interface Storage {
  readonly dtype: DType
  readonly size: number
  readonly leaf: Tensor | null
}

/** What a plan's input is bound to: a leaf of the program, or a value that an earlier part gave. */
export type Source = { readonly leaf: Tensor } | { readonly value: number }

/** A stretch of a program that one target runs. */
export interface ProgramPart {
  readonly target: number
  readonly plan: Plan
  /** By plan input. */
  readonly sources: readonly Source[]
  /** The value that each plan output is. */
  readonly gives: readonly number[]
}

/** A compiled program: parts to run one after another, and which of their values are what. */
export interface Compiled {
  readonly parts: readonly ProgramPart[]
  /** By output of the program. */
  readonly results: readonly number[]
  /** Values that variables take when all parts have run. Programs of one part write variables in place instead. */
  readonly updates: readonly { readonly variable: Tensor; readonly value: number }[]
  /** Of all targets that its parts run on. */
  readonly arenaBytes: number
}
