import type { Check } from '../settings.ts'
import type { Origin } from './origin.ts'
import type { Meta } from './meta.ts'
import type { Tensor } from './tensor.ts'

/** What becomes of a forward value that the backward pass reads: kept, or computed again. A policy around it may decide
 * otherwise than what is only preferred. */
export type Choice = 'mustSave' | 'preferSave' | 'preferRecompute' | 'mustRecompute'

/** A forward value that has memory of its own. */
export interface Residual {
  readonly tensor: Tensor
  readonly byteLength: number
  /** Floating-point operations that computing it again takes, where its sources are there. */
  readonly cost: number
  readonly origin: Origin
  /** Whether the backward pass reads it. What it does not read is computed again where another value needs it, unless
   * it must be saved. */
  readonly isRead: boolean
  /** The values with memory, and the leaves, that it is computed of. */
  readonly sources: readonly Tensor[]
  /** What the segments that it lies in say of it. Policies are asked about what they leave open. */
  readonly marked: Choice | undefined
  /** Whether the backend that computes it has a kernel of that name. */
  hasKernel(name: string): boolean
}

/** What stands for a value between the passes: elsewhere, or in fewer bits. Both build graphs. */
export interface Packing {
  /** Made of the value as soon as that is there. `position`: elements of all values that were packed before. */
  pack(t: Tensor, position: number): Tensor
  /** The value again, of the same shape and dtype, where the backward pass first reads it. */
  unpack(packed: Tensor, like: Meta): Tensor
}

/** How often values are computed again: 0 for what is kept from the forward pass; 1 for what is computed once more, for
 * the backward pass; n for what is also computed, and dropped, on the way to n - 1 others, each from what was computed
 * the time before. */
export type Recomputations = ReadonlyMap<Tensor, number>

/** By value, how often it is computed again, or what is kept in its place. */
export type Choices = ReadonlyMap<Tensor, number | Packing>

/** All values of a program at once. */
export interface Stage {
  /** Inputs first. */
  readonly values: readonly Residual[]
  /** Bytes of the arenas of the plans that this would give, by making them. @throws SettingError for what is no plan of
   * these values */
  peakOf(choices: Choices): number
}

/** Says which forward values the backward pass computes again.
 * @example const policy: Policy = ({ byteLength }) => (byteLength > 1e6 ? 'mustRecompute' : 'mustSave') */
export interface Policy {
  (value: Residual): Choice
  /** Policies of one key are one policy: programs that differ in nothing else share plans. Without it, a policy is like
   * no other. */
  readonly key?: string
  /** Decides on all values together, in place of each by itself. What it leaves out stays as it is. */
  plan?(stage: Stage): Choices
}

/** What settings that are policies must be. */
export const checkPolicy: Check = (value) => {
  const { key = '', plan = checkPolicy } = Object(value) as Partial<Policy>
  const isPolicy = typeof value === 'function' && typeof key === 'string' && typeof plan === 'function'
  return isPolicy || value === undefined ? undefined : 'policy, whose key is text and whose plan is a function,'
}

/** Nodes that were built under it ask its policy, together: a segment. */
export interface Mark {
  readonly policy: Policy
}
