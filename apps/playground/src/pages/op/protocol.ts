import type { Part, ProgramFailure } from '../code/protocol.ts'

/** A mistake that is planted into the gradient, to see that the checks find it. */
export const FAULTS = [
  ['none', 'none'],
  ['sign', 'wrong sign'],
  ['factor', '1 % too large'],
  ['detached', 'no gradient'],
] as const
export type Fault = (typeof FAULTS)[number][0]

export const STAGES = [
  ['shape', 'Shape and dtype'],
  ['value', 'Value'],
  ['order 1', 'Gradient'],
  ['order 2', 'Gradient of the gradient'],
  ['one thread', 'Time, 1 thread'],
  ['all threads', 'Time, all threads'],
  ['webgpu value', 'Value on WebGPU'],
  ['webgpu', 'Time, WebGPU'],
  ['wgsl', 'Its kernel in WGSL'],
] as const
export type StageName = (typeof STAGES)[number][0]

export interface ToChecker {
  readonly text: string
  /** What the program's plugin is given. */
  readonly wgsl: string
  readonly fault: Fault
  readonly threads: number
}
/** `isRight` is null for what cannot be told here. */
export type FromChecker =
  | { readonly type: 'stage'; readonly name: StageName; readonly isRight: boolean | null; readonly part: Part }
  | { readonly type: 'failed'; readonly failure: ProgramFailure }
  | { readonly type: 'done' }
