import type { FaultOf } from '../kernels/context.ts'
import type { Draft } from '../wgsl/draft.ts'
import type { Dispatch } from './dispatch.ts'
import type { Move } from './moves.ts'

/** A dispatch at the positions of the loops around it. */
export interface Command {
  /** Its position in `Program.dispatches`. */
  readonly dispatch: number
  /** Which block of the bases' uniform it takes. */
  readonly block: number
}

/** A plan as what the GPU does, in order. */
export interface Program {
  readonly dispatches: readonly Dispatch[]
  readonly commands: readonly (Command | Move)[]
  /** Blocks of numbers, a uniform's worth each. */
  readonly blocks: readonly (readonly number[])[]
  readonly arenaBytes: number
  /** Bytes of values on the host. */
  readonly hostBytes: number
  /** Words that steps share: what failed, and which branches are not taken. */
  readonly controlWords: number
  /** The errors of what can fail, by number from 1 on. */
  readonly faults: readonly FaultOf[]
  /** Which steps of the plan kernels do, those first whose workgroups they have. */
  readonly stepsOf: ReadonlyMap<Draft, readonly number[]>
}
