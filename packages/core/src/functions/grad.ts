import { isFloat, isLiteral } from '../dtype.ts'
import type { NestedArray } from '../host.ts'
import { GradError, ShapeError } from '../errors.ts'
import { ambient, inPlaceOf, type EachAs } from '../graph/ambient.ts'
import { describe, type Meta } from '../graph/meta.ts'
import { defineOp, stopsGradients, type Op } from '../graph/op.ts'
import { applyAll, asTensor, demandTensors } from '../graph/apply.ts'
import { Tensor, type TensorLike } from '../graph/tensor.ts'
import { filledWith, leavesOf, type Traced, type Tree } from '../graph/tree.ts'
import { topological } from '../graph/walk.ts'
import { makeNode, type Node } from '../graph/node.ts'
import { fullOf } from '../ops/full.ts'
import { identity } from '../ops/identity.ts'
import { demandFunction, present, settings } from '../settings.ts'
import { agree, show } from '../shape.ts'
import { reverse } from './reverse.ts'

/** @throws ShapeError where a cotangent cannot be one of its y; unknown sizes can be any */
function checkCotangents(cotangents: readonly Meta[], ys: readonly Meta[]): void {
  cotangents.forEach((c, i) => {
    if (!agree(c.shape, ys[i].shape) || c.dtype !== ys[i].dtype)
      throw new ShapeError(
        `grad: a cotangent must match its y, got ${describe(c)} for ${describe(ys[i])}; cast or reshape it`,
      )
  })
}

/** Inputs: ys, then xs, then cotangents where given. Expanded by the compiler once shapes are known. */
const gradOp: Op<{ ys: number; xs: number }> = defineOp<{ ys: number; xs: number }>({
  name: 'grad',
  readsGraph: (inputs, { ys, xs }) => ({ from: inputs.slice(ys, ys + xs), to: inputs.slice(0, ys) }),
  expandsAt: 'specialise',
  infer: (inputs, { ys, xs }) => inputs.slice(ys, ys + xs).map(({ shape, dtype }) => ({ shape, dtype })),
  decompose: (inputs, { ys: n, xs: m }) => {
    const ys = inputs.slice(0, n)
    const seeds = inputs.slice(n + m)
    checkCotangents(seeds, ys)
    return reverse(ys, seeds.length ? seeds : ys.map((y) => fullOf(y.shape, 1, y.dtype)), inputs.slice(n, n + m))
  },
})

/** The gradients in `xs` as a node gives those in its own; none where it is no gradient. */
export function gradientsLike(node: Node, xs: readonly Tensor[]): readonly Tensor[] {
  if ((node.op as object) !== gradOp || !xs.length) return []
  const { ys, xs: own } = node.attrs as { ys: number; xs: number }
  const inputs = [...node.inputs.slice(0, ys), ...xs, ...node.inputs.slice(ys + own)]
  return makeNode(gradOp, inputs, { ys, xs: xs.length }, node).outputs
}

export interface GradOptions {
  /** What each y is multiplied with before it is summed; ones where absent. */
  readonly cotangents?: readonly TensorLike[]
  /** Zeros, instead of an error, for an x that no y depends on. */
  readonly allowUnused?: boolean
}

/** d(sum of ys * cotangents)/dx for each x, as graph: of its shape and dtype, itself differentiable to any order.
 * @throws GradError where a y or x is no float, or where no y depends on an x and `allowUnused` is not set: through
 * whole numbers, truth values and `stopGradient` none does
 * @example const [gx] = grad([z], [x]); const [gxx] = grad([gx], [x]) */
export function grad<const X extends readonly Tensor[]>(
  ys: readonly Tensor[],
  xs: X,
  options?: GradOptions,
): EachAs<X, Tensor>
/** The function that gives the gradient of a scalar-valued `fn` in its first argument, as `valueAndGrad` does.
 * @example grad((x) => x.mul(x).sum())([1, 2]) */
export function grad<R extends readonly TensorLike[]>(
  fn: (x: Tensor, ...rest: R) => Tensor,
): (x: TensorLike, ...rest: R) => Tensor
export function grad<P extends object, R extends readonly unknown[]>(
  fn: (params: P, ...rest: R) => Tensor,
): (params: P, ...rest: R) => Traced<P>
export function grad(
  first: readonly Tensor[] | ((...args: never[]) => Tensor),
  xs?: readonly Tensor[],
  options?: GradOptions,
): unknown {
  if (typeof first !== 'function') return gradients(first, xs!, options)
  const both = valueAndGrad(first as (x: Tensor, ...rest: TensorLike[]) => Tensor)
  return (params: TensorLike, ...rest: TensorLike[]) => both(params, ...rest)[1]
}

function gradients(ys: readonly Tensor[], xs: readonly Tensor[], options?: GradOptions): Tensor[] {
  const { cotangents, allowUnused } = settings<Required<GradOptions>>('grad', options, {
    cotangents: [],
    allowUnused: false,
  })
  for (const list of [ys, xs]) demandTensors('grad', list)
  for (const t of [...ys, ...xs])
    if (!isFloat(t.dtype)) throw new GradError(`grad: floats required, got ${describe(t)}; cast it, or leave it out`)
  if (cotangents.length && cotangents.length !== ys.length)
    throw new GradError(`grad: a cotangent for each y required, got ${cotangents.length} for ${ys.length}`)
  const seeds = cotangents.map((c, i) => asTensor(c, ys[i].dtype))
  checkCotangents(seeds, ys)
  const oldest = xs.reduce((id, x) => Math.min(id, x.node.id), Infinity)
  const used = new Set<Node>(topological(ys, (node) => stopsGradients(node) || node.id <= oldest))
  const at = xs.findIndex((x) => !used.has(x.node))
  if (at >= 0 && !allowUnused) {
    const { name = '' } = (xs[at].node.attrs ?? {}) as { readonly name?: string }
    throw new GradError(
      `grad: no y depends on x number ${at} ${name}${show(xs[at].shape)}; ` +
        'use it, leave it out, or set allowUnused for zeros',
    )
  }
  return [...applyAll(gradOp, [...ys, ...xs, ...seeds], { ys: ys.length, xs: xs.length })]
}

/** The function that gives a scalar-valued `fn`'s value and its gradient in the first argument: a tensor, or tensors in
 * records and lists, nested at will. The gradient has the structure of that argument, with zeros for what the value
 * does not depend on. Numbers and arrays of numbers are taken as one tensor; `fn` gets other arguments as they are.
 * @throws GradError where the value is no scalar or a tensor no float; DTypeError for what is no structure of tensors
 * @example const [loss, gradient] = valueAndGrad((x) => sum(exp(x)))([0, 1])
 * @example const [loss, { w, b }] = valueAndGrad((p: { w: Tensor; b: Tensor }) => lossOf(p.w, p.b))({ w, b }) */
export function valueAndGrad<R extends readonly TensorLike[]>(
  fn: (x: Tensor, ...rest: R) => Tensor,
): (x: TensorLike, ...rest: R) => [value: Tensor, gradient: Tensor]
export function valueAndGrad<P extends object, R extends readonly unknown[]>(
  fn: (params: P, ...rest: R) => Tensor,
): (params: P, ...rest: R) => [value: Tensor, gradient: Traced<P>]
export function valueAndGrad(
  fn: (params: never, ...rest: never[]) => Tensor,
): (params: never, ...rest: never[]) => unknown {
  demandFunction('valueAndGrad', fn)
  return (given: Tree, ...rest) => {
    const params = isData(given) ? asTensor(given) : given
    const leaves = leavesOf(params, 'grad').map(([, leaf]) => asTensor(leaf as TensorLike))
    // Loops go on from what they take gradients in.
    for (const t of leaves) t.isKept = true
    // The argument is another value than the same tensor elsewhere, and open to gradients wherever this is asked.
    const [value, xs] = inPlaceOf({ origin: ambient.origin, tracked: true }, () => {
      const own = leaves.map(identity)
      return [present('grad', fn(filledWith(params, [...own]) as never, ...rest)), own] as const
    })
    if (!(value instanceof Tensor) || value.shape.length)
      throw new GradError(`grad: a scalar value required, got ${shown(value)}; sum it, or use grad(ys, xs)`)
    return [value, filledWith(params, gradients([value], xs, { allowUnused: true }))]
  }
}

const shown = (value: unknown): string => (value instanceof Tensor ? show(value.shape) : typeof value)

/** Whether arrays are an array's rows, and no list of tensors. */
const isData = (given: Tree): given is NestedArray =>
  Array.isArray(given) ? given.length > 0 && given.every((x: Tree) => isLiteral(x) || isData(x)) : false
