import type { Plan, ReduceKind, Step } from '../plan/plan.ts'
import type { DType } from '../dtype.ts'
import type { Scalar } from '../scalar.ts'
import type { Meta } from './meta.ts'
import type { Mark } from './policy.ts'
import type { Tensor } from './tensor.ts'
import type { Node } from './node.ts'

/** Where an input element comes from: per input axis, index = offset + step * (index along output axis `from`; none:
 * -1). */
export type View = readonly { readonly from: number; readonly step: number; readonly offset: number }[]

/** An input axis that is output axis `from`. */
export const along = (from: number): View[number] => ({ from, step: 1, offset: 0 })
/** An input axis of which only the first element is read. */
export const first: View[number] = { from: -1, step: 0, offset: 0 }

/** A region of an output that an input fills: per output axis, index = offset + step * (index along the input's same
 * axis). */
export interface Part {
  readonly input: number
  readonly offset: readonly number[]
  readonly step: readonly number[]
}

/** What an op computes, as the compiler, backends and transforms see it: one of a few kinds, each with what it needs.
 * */
export type Form<A> =
  /** Elementwise: the formula for one element. Inputs broadcast. */
  | { readonly kind: 'map'; formula(dtypes: readonly DType[], attrs: A): Scalar }
  /** Movement of one input: an index map, or 'alias' for the same elements in row-major order under another shape. */
  | { readonly kind: 'view'; view(input: Meta, attrs: A, output: Meta): View | 'alias' }
  /** Reduction of one input over sorted axes, which the result lacks. */
  | { readonly kind: 'reduce'; reduce(attrs: A): { readonly kind: ReduceKind; readonly axes: readonly number[] } }
  /** A product [..., m, k] x [..., k, n] over broadcast leading axes. */
  | { readonly kind: 'contract' }
  /** Output regions filled by inputs, the rest by `fill`. */
  | {
      readonly kind: 'assemble'
      assemble(inputs: readonly Meta[], attrs: A): { readonly fill: number | null; readonly parts: readonly Part[] }
    }
  /** Every element is one number. */
  | { readonly kind: 'literal'; value(attrs: A): number }
  /** Every element is its row-major position. */
  | { readonly kind: 'index' }
  /** A value from outside. */
  | { readonly kind: 'leaf'; readonly source: 'feed' | 'variable' | 'value' }
  /** Run by a backend's kernel of the op's name, or else decomposed. */
  | {
      readonly kind: 'kernel'
      /** The steps that run it, for an op whose kernel runs plans of its own. */
      steps?(node: Node<A>, context: StepContext): readonly Step[]
      /** The roots of the graphs that these plans compute. */
      graphs?(attrs: A): readonly Tensor[]
      /** For an op of the backward pass: its graph as one with that of the forward node whose inner values it reads;
       * null where no segment within that says anything of these values. */
      joined?(inputs: readonly Tensor[], attrs: A): Joined | null
    }

/** The graph of a node, in which values of a forward node's graph stand where it reads them. */
export interface Joined {
  readonly roots: readonly Tensor[]
  /** Values of the forward graph that can be read. */
  readonly values: readonly Tensor[]
  /** Segments that all of the forward graph lies in. */
  readonly outside: readonly Mark[]
  /** The node's results where it computes what its roots have become, and reads what values have. */
  over(roots: readonly Tensor[], values: readonly Tensor[]): readonly Tensor[]
}

/** What an op with `steps` gets to write them. */
export interface StepContext {
  bufferOf(t: Tensor): number
  /** Whether anything reads a value. */
  isRead(t: Tensor): boolean
  /** A buffer for the time of the steps. */
  scratch(dtype: DType, size: number): number
  /** Copies `like.shape` elements, from and to these positions in buffers. */
  copy(like: Meta, from: number, to: number, fromOffset: number, toOffset: number): Step
  /** A plan that writes each value over its placeholder; inputs stand for the placeholders in `sources`. */
  compile(assignments: readonly (readonly [Tensor, Tensor])[]): {
    readonly plan: Plan
    readonly sources: readonly Tensor[]
  }
}
