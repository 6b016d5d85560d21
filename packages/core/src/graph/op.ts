import type { DType } from '../dtype.ts'
import { lift, scalarInputs, type Scalar } from '../scalar.ts'
import { demand, demandFunction } from '../settings.ts'
import { broadcastShapes } from '../shape.ts'
import type { Form } from './form.ts'
import type { Meta } from './meta.ts'
import type { Node } from './node.ts'
import type { Tensor } from './tensor.ts'

/** As many as the op is applied to. Typed with places, so that a definition names them where each index is checked. */
export type Places<T> = readonly [T, T, T, T, T, T, T, T, ...T[]]

/** What a gradient rule gets. Shapes are concrete; a cotangent has the shape and dtype of its output. */
export interface VjpContext<A = undefined, T extends readonly Tensor[] = Places<Tensor>> {
  readonly inputs: T
  readonly outputs: T
  readonly cotangents: T
  readonly attrs: A
}

/** What can go wrong in a kernel: some value of the int32 `indices` lies outside of [-size, size). */
export interface IndexRisk {
  readonly indices: Tensor
  readonly size: number
}

/** An op is one frozen object; third parties define theirs as core does. */
export interface Op<A = undefined> {
  /** Third parties prefix theirs: 'acme/softcap'. */
  readonly name: string
  /** What it computes. */
  readonly form: Form<A>
  /** How inputs meet: cast to one dtype ('same'), to one float ('float'), or left alone ('none'). */
  readonly promotion: 'same' | 'float' | 'none'
  /** Result shape and dtype; sees unknown sizes (-1). @throws ShapeError or DTypeError */
  infer(inputs: readonly Meta[], attrs: A): Meta | readonly Meta[]
  /** The gradient, written with ops: a cotangent per input, null where there is none. Where inputs of a map were
   * broadcast, the result is summed back to their shapes by the caller. */
  vjp?(context: VjpContext<A, readonly Tensor[]>): readonly (Tensor | null)[]
  /** The same value from other ops, of the shape and dtype that `infer` says; called with concrete shapes. Without a
   * `vjp` it gives the gradient too. */
  decompose?(inputs: readonly Tensor[], attrs: A): Tensor | readonly Tensor[]
  /** For an op that looks at the graph behind its inputs: which values it follows, from where to where. */
  readsGraph?(inputs: readonly Tensor[], attrs: A): { readonly from: readonly Tensor[]; readonly to: readonly Tensor[] }
  /** Where the compiler decomposes it: as soon as shapes are known, for an op whose result needs them; else when it
   * is lowered for a backend. */
  readonly expandsAt?: 'specialise'
  /** An equal, simpler tensor, or undefined. */
  simplify?(inputs: readonly Tensor[], attrs: A): Tensor | undefined
  /** The sum of two results of this op as one of it, where that is simpler. */
  plus?(a: Tensor, b: Tensor): Tensor | undefined
  /** What of attrs counts where others say for whom errors speak: nodes that are alike in it become one. */
  identity?(attrs: A): unknown
  /** For an op that gives its input as it is: the input is a segment of its own, of the innermost mark around the
   * node. */
  readonly marksInput?: boolean
  /** Floating-point operations of its kernel, which tools and policies ask for: a multiplication and an addition are
   * two. */
  flops?(inputs: readonly Meta[], outputs: readonly Meta[], attrs: A): number
  /** How its kernel can fail on values: such a kernel runs before any variable is written. Null: it cannot. An index
   * that one kernel checked fails no other. */
  risk?(inputs: readonly Tensor[], attrs: A): IndexRisk | 'any' | null
}

/** What defines an op: the parts without defaults, and `expr` for the form of a map. */
export interface OpDefinition<A> extends Omit<
  Op<A>,
  'infer' | 'promotion' | 'form' | 'vjp' | 'decompose' | 'simplify'
> {
  readonly form?: Form<A>
  readonly promotion?: Op<A>['promotion']
  expr?(x: Places<Scalar>, attrs: A): Scalar
  infer?(inputs: Places<Meta>, attrs: A): Meta | readonly Meta[]
  vjp?(context: VjpContext<A>): readonly (Tensor | null)[]
  decompose?(inputs: Places<Tensor>, attrs: A): Tensor | readonly Tensor[]
  simplify?(inputs: Places<Tensor>, attrs: A): Tensor | undefined
}

/** The rule of an op without gradient. */
export const constant = ({ inputs }: { readonly inputs: readonly Tensor[] }): null[] => inputs.map(() => null)
/** Whether no gradient passes through a node. */
export const stopsGradients = ({ op, tracked }: Node): boolean => !tracked || (op.vjp as unknown) === constant

const isSame = (a: readonly DType[], b: readonly DType[]): boolean =>
  a.length === b.length && a.every((dtype, i) => dtype === b[i])

/** The form of a map by its formula. Ops without attrs build it once for the dtypes that they meet. */
export function mapForm<A>(expr: (x: readonly Scalar[], attrs: A) => Scalar): Form<A> & { kind: 'map' } {
  const known: { readonly dtypes: readonly DType[]; readonly formula: Scalar }[] = []
  const make = (dtypes: readonly DType[], attrs: A): Scalar => lift(expr(scalarInputs(dtypes), attrs), 'float32')
  return {
    kind: 'map',
    formula(dtypes, attrs) {
      if (attrs !== undefined) return make(dtypes, attrs)
      for (const k of known) if (isSame(k.dtypes, dtypes)) return k.formula
      const formula = make(dtypes, attrs)
      known.push({ dtypes: [...dtypes], formula })
      return formula
    },
  }
}

/** Makes an op: a map where it has an `expr`, else what `form` says, else a kernel of its name. Without `infer`, a map
 * broadcasts its inputs and takes the formula's dtype.
 * @example
 * const softcap = defineOp<{ cap: number }>({
 *   name: 'acme/softcap', expr: ([x], { cap }) => x.div(cap).tanh().mul(cap),
 *   vjp: ({ outputs: [y], cotangents: [g], attrs: { cap } }) => [mul(g, sub(1, square(div(y, cap))))],
 * }) */
/* @__NO_SIDE_EFFECTS__ */
export function defineOp<A = undefined>(given: OpDefinition<A>): Op<A> {
  demand(typeof given?.name === 'string', 'defineOp', 'a name', given?.name)
  const { expr, ...definition } = given
  const { name } = definition
  demandFunction(name, expr ?? definition.infer, 'expr, or infer')
  const map = expr && mapForm(expr as (x: readonly Scalar[], attrs: A) => Scalar)
  const infer = (inputs: readonly Meta[], attrs: A): Meta => ({
    shape: broadcastShapes(name, ...inputs.map((m) => m.shape)),
    dtype: map!.formula(
      inputs.map((m) => m.dtype),
      attrs,
    ).dtype,
  })
  const form: Form<A> = map ?? { kind: 'kernel' }
  return Object.freeze({ infer, form, promotion: map ? 'same' : 'none', ...definition } as Op<A>)
}
