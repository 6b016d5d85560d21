import type { DType } from '../dtype.ts'
import { toFloat } from '../dtype.ts'
import type { Plan, ReduceKind, Step } from '../plan/plan.ts'
import { scalarInputs, type Scalar } from '../scalar.ts'
import { broadcastShapes, type Shape } from '../shape.ts'
import type { Node, Tensor } from './tensor.ts'

/** What is known of a value before it is computed; a size of -1 is not known yet. */
export interface Meta {
  readonly shape: Shape
  readonly dtype: DType
}

/** What a gradient rule gets. Shapes are concrete; a cotangent has the shape and dtype of its output. */
export interface VjpContext<A = undefined> {
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  readonly cotangents: readonly Tensor[]
  readonly attrs: A
}

/** Where an input element comes from: per input axis, index = offset + step * (index along output axis `from`; none:
 * -1). */
export type View = readonly { readonly from: number; readonly step: number; readonly offset: number }[]

/** A region of an output that an input fills: per output axis, index = offset + step * (index along the input's same
 * axis). */
export interface Part {
  readonly input: number
  readonly offset: readonly number[]
  readonly step: readonly number[]
}

/**
 * An op is one frozen object; third parties define theirs as core does. At most one of the descriptions (`expr` to
 * `leaf`) tells the compiler what the op computes; without one, a backend runs it by a kernel of its name, or it is
 * replaced by its `decompose`.
 */
export interface Op<A = undefined> {
  /** Third parties prefix theirs: 'acme/softcap'. */
  readonly name: string
  /** Result shape and dtype; sees unknown sizes (-1). @throws ShapeError or DTypeError */
  infer(inputs: readonly Meta[], attrs: A): Meta | readonly Meta[]
  /** The gradient, written with ops: a cotangent per input, null where there is none. Where inputs of an `expr` op were
   * broadcast, the result is summed back to their shapes by the caller. */
  vjp?(context: VjpContext<A>): readonly (Tensor | null)[]
  /** The same value from other ops; called with concrete shapes. Without a `vjp` it gives the gradient too. */
  decompose?(inputs: readonly Tensor[], attrs: A): Tensor | readonly Tensor[]
  /** Decomposed as soon as shapes are known, because it looks at the graph behind its inputs. */
  readonly transform?: boolean
  /** Decomposed as soon as shapes are known, into an op whose gradient or steps need them. */
  readonly early?: boolean
  /** An equal, simpler tensor, or undefined. */
  simplify?(inputs: readonly Tensor[], attrs: A): Tensor | undefined
  /** The sum of two results of this op as one of it, where that is simpler. */
  plus?(a: Tensor, b: Tensor): Tensor | undefined

  /** Elementwise: the formula for one element. Inputs broadcast. */
  expr?(x: readonly Scalar[], attrs: A): Scalar
  /** How the inputs of an `expr` op meet: cast to one dtype ('same'), to one float ('float'), or left alone ('none').
   * */
  readonly promotion: 'same' | 'float' | 'none'
  /** Movement of one input: an index map, or 'alias' for the same elements in row-major order under another shape. */
  view?(input: Meta, attrs: A, output: Meta): View | 'alias'
  /** Reduction of one input over sorted axes, which the result lacks. */
  reduction?(attrs: A): { readonly kind: ReduceKind; readonly axes: readonly number[] }
  /** True: a product [..., m, k] x [..., k, n] over broadcast leading axes. */
  readonly contraction?: boolean
  /** Output regions filled by inputs, the rest by `fill`. */
  assemble?(inputs: readonly Meta[], attrs: A): { readonly fill: number | null; readonly parts: readonly Part[] }
  /** The number that every element is. */
  literal?(attrs: A): number
  /** Every element is its row-major position. */
  readonly index?: boolean
  /** A value from outside. */
  readonly leaf?: 'feed' | 'variable' | 'value'
  /** Its kernel can fail on values, so it runs before any variable is written. */
  readonly fallible?: boolean
  /** The steps that run it, for an op whose kernel runs plans of its own. A backend that lists its name can run these.
   * */
  steps?(node: Node<A>, context: StepContext): readonly Step[]
}

/** What an op with `steps` gets to write them. */
export interface StepContext {
  bufferOf(t: Tensor): number
  /** Whether anything reads a value. */
  isRead(t: Tensor): boolean
  /** A buffer for the time of the steps. */
  scratch(dtype: DType, size: number): number
  /** Copies `like.shape` elements, from and to these places in buffers. */
  copy(like: Meta, from: number, to: number, fromOffset: number, toOffset: number): Step
  /** A plan that writes each value over its placeholder; inputs stand for the placeholders in `sources`. */
  compile(assignments: readonly (readonly [Tensor, Tensor])[]): {
    readonly plan: Plan
    readonly sources: readonly Tensor[]
  }
}

/** An op without the parts that have defaults. */
export type OpDefinition<A> = Omit<Op<A>, 'infer' | 'promotion'> & Partial<Pick<Op<A>, 'infer' | 'promotion'>>

/** The rule of an op without gradient. */
export const constant = ({ inputs }: Pick<VjpContext, 'inputs'>): null[] => inputs.map(() => null)

/** Makes an op. Without `infer`, an `expr` op broadcasts its inputs and takes the formula's dtype.
 * @example
 * const softcap = defineOp<{ cap: number }>({
 *   name: 'acme/softcap', expr: ([x], { cap }) => x.div(cap).tanh().mul(cap),
 *   vjp: ({ outputs: [y], cotangents: [g], attrs: { cap } }) => [mul(g, sub(1, square(div(y, cap))))],
 * }) */
export function defineOp<A = undefined>(definition: OpDefinition<A>): Op<A> {
  const { name, expr } = definition
  const infer = (inputs: readonly Meta[], attrs: A): Meta => ({
    shape: broadcastShapes(name, ...inputs.map((m) => m.shape)),
    dtype: expr!(scalarInputs(inputs.map((m) => m.dtype)), attrs).dtype,
  })
  return Object.freeze({ infer, promotion: expr ? 'same' : 'none', ...definition } as Op<A>)
}

/** A float dtype for `promotion: 'float'`, else the dtype itself. */
export const promoted = (op: Op<never>, dtype: DType): DType => (op.promotion === 'float' ? toFloat(dtype) : dtype)
