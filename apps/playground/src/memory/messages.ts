import type { MemoryTimeline } from '@gradloom/inspect'
import type { ModelName } from '../plan/models.ts'

export const POLICIES = [
  ['none', 'keep everything'],
  ['contractions', 'keep products'],
  ['sqrt', 'keep √n layers'],
  ['nothing', 'keep nothing'],
  ['budget', 'a budget'],
] as const
export type PolicyName = (typeof POLICIES)[number][0]

/** The arena over the steps, and what it would take without recomputation. */
export interface Timeline extends MemoryTimeline {
  readonly plainArenaBytes: number
}
/** A forward value that the backward pass may keep or compute again. */
export interface ResidualRow {
  readonly name: string
  readonly scope: string
  readonly shape: readonly number[]
  readonly byteLength: number
  readonly isKept: boolean
  readonly cost: number
}
export interface Point {
  readonly policy: PolicyName
  readonly peakBytes: number
  /** Of a whole step, in milliseconds. */
  readonly median: number
  readonly low: number
  readonly high: number
}

/** What a policy takes by its plan, before anything is measured. */
export interface Planned {
  readonly policy: PolicyName
  readonly peakBytes: number
  /** Scalar operations of a step, of those kernels that tell. */
  readonly flops: number
}

/** A policy that there is no plan for, such as a budget that is too small, and why. */
export interface Impossible {
  readonly policy: PolicyName
  readonly reason: string
}

export type ToMemory =
  | {
      readonly id: number
      readonly type: 'plan'
      readonly model: ModelName
      readonly policy: PolicyName
      readonly budget: number
      readonly backend: string
    }
  | {
      readonly id: number
      readonly type: 'measure'
      readonly model: ModelName
      readonly budget: number
      readonly backend: string
    }
export type FromMemory =
  | {
      readonly id: number
      readonly type: 'planned'
      readonly timeline: Timeline
      readonly residuals: readonly ResidualRow[]
      /** Why it is not the plan of the backend that was chosen, but of the CPU. */
      readonly absent: string | null
    }
  | { readonly id: number; readonly type: 'foreseen'; readonly planned: Planned }
  | { readonly id: number; readonly type: 'point'; readonly point: Point | Impossible }
  | { readonly id: number; readonly type: 'measured' }
  | { readonly id: number; readonly type: 'refused'; readonly message: string }
