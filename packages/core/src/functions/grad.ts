import { isFloat } from '../dtype.ts'
import { GradError, ShapeError } from '../errors.ts'
import { describe, sameMeta } from '../graph/meta.ts'
import { defineOp, type Op } from '../graph/op.ts'
import { applyAll, asTensor } from '../graph/apply.ts'
import { Tensor, type TensorLike } from '../graph/tensor.ts'
import { topological } from '../graph/walk.ts'
import type { Node } from '../graph/node.ts'
import { filledWith } from '../ops/full.ts'
import { settings } from '../settings.ts'
import { show } from '../shape.ts'
import { reverse } from './reverse.ts'

/** Inputs: ys, then xs, then cotangents where given. Expanded by the compiler once shapes are known. */
const gradOp: Op<{ ys: number; xs: number }> = defineOp<{ ys: number; xs: number }>({
  name: 'grad',
  readsGraph: (inputs, { ys, xs }) => ({ from: inputs.slice(ys, ys + xs), to: inputs.slice(0, ys) }),
  expandsAt: 'specialise',
  infer: (inputs, { ys, xs }) => inputs.slice(ys, ys + xs).map(({ shape, dtype }) => ({ shape, dtype })),
  decompose: (inputs, { ys: n, xs: m }) => {
    const ys = inputs.slice(0, n)
    return reverse(
      ys,
      inputs.length > n + m ? inputs.slice(n + m) : ys.map((y) => filledWith(y.shape, 1, y.dtype)),
      inputs.slice(n, n + m),
    )
  },
})

export interface GradOptions {
  /** What each y is multiplied with before it is summed; ones where absent. */
  readonly cotangents?: readonly TensorLike[]
  /** Zeros, instead of an error, for an x that no y depends on. */
  readonly allowUnused?: boolean
}

/** d(sum of ys * cotangents)/dx for each x, as graph: of its shape and dtype, itself differentiable to any order.
 * @throws GradError where a y or x is no float, or where no y depends on an x and `allowUnused` is not set
 * @example const [gx] = grad([z], [x]); const [gxx] = grad([gx], [x]) */
export function grad(ys: readonly Tensor[], xs: readonly Tensor[], options?: GradOptions): Tensor[]
/** The function that gives the gradient of a scalar-valued `fn` in its first argument. @example grad((x) =>
 * x.mul(x).sum())(tensor([1, 2])) */
export function grad<R extends readonly TensorLike[]>(
  fn: (x: Tensor, ...rest: R) => Tensor,
): (x: TensorLike, ...rest: R) => Tensor
export function grad(
  first: readonly Tensor[] | ((...args: never[]) => Tensor),
  xs?: readonly Tensor[],
  options?: GradOptions,
): unknown {
  if (typeof first !== 'function') return gradients(first, xs!, options)
  const both = valueAndGrad(first as (x: Tensor, ...rest: TensorLike[]) => Tensor)
  return (x: TensorLike, ...rest: TensorLike[]) => both(asTensor(x), ...rest)[1]
}

function gradients(ys: readonly Tensor[], xs: readonly Tensor[], options?: GradOptions): Tensor[] {
  const { cotangents, allowUnused } = settings<Required<GradOptions>>('grad', options, {
    cotangents: [],
    allowUnused: false,
  })
  for (const t of [...ys, ...xs])
    if (!isFloat(t.dtype)) throw new GradError(`grad: floats required, got ${describe(t)}; cast it, or leave it out`)
  if (cotangents.length && cotangents.length !== ys.length)
    throw new GradError(`grad: a cotangent for each y required, got ${cotangents.length} for ${ys.length}`)
  const seeds = cotangents.map((c, i) => {
    const t = asTensor(c, ys[i].dtype)
    if (!sameMeta(t, ys[i]))
      throw new ShapeError(
        `grad: a cotangent must match its y, got ${describe(t)} for ${describe(ys[i])}; cast or reshape it`,
      )
    return t
  })
  const oldest = Math.min(...xs.map((x) => x.node.id))
  const used = new Set<Node>(topological(ys, (node) => !node.tracked || node.id <= oldest))
  const at = xs.findIndex((x) => !used.has(x.node))
  if (at >= 0 && !allowUnused)
    throw new GradError(
      `grad: no y depends on x number ${at} ${show(xs[at].shape)}; use it, or set allowUnused for zeros`,
    )
  return [...applyAll(gradOp, [...ys, ...xs, ...seeds], { ys: ys.length, xs: xs.length })]
}

type Tree = Tensor | { readonly [name: string]: Tensor } | readonly Tensor[]

/** The function that gives a scalar-valued `fn`'s value and its gradient in the first argument, a tensor or a record or
 * list of tensors. @throws GradError where the value is no scalar
 * @example const [loss, { w, b }] = valueAndGrad(({ w, b }) => lossOf(w, b))({ w, b }) */
export function valueAndGrad<T extends Tree | TensorLike, R extends readonly unknown[]>(
  fn: (x: T extends Tree ? T : Tensor, ...rest: R) => Tensor,
): (
  x: T,
  ...rest: R
) => [Tensor, T extends Tensor ? Tensor : T extends Tree ? { -readonly [K in keyof T]: Tensor } : Tensor] {
  return (x, ...rest) => {
    const record = isRecord(x)
    const tree = record ? x : asTensor(x as TensorLike)
    const leaves = record ? (Object.values(x) as Tensor[]) : [tree as Tensor]
    const value = fn(tree as never, ...rest)
    if (value.shape.length)
      throw new GradError(`grad: a scalar value required, got ${show(value.shape)}; sum it, or use grad(ys, xs)`)
    const grads = gradients([value], leaves, { allowUnused: true })
    return [
      value,
      !record ? grads[0] : Array.isArray(x) ? grads : Object.fromEntries(Object.keys(x).map((k, i) => [k, grads[i]])),
    ] as never
  }
}

const isTensor = (x: unknown): x is Tensor => x instanceof Tensor
const isRecord = (x: unknown): x is object =>
  typeof x === 'object' && x !== null && !isTensor(x) && !ArrayBuffer.isView(x) && Object.values(x).every(isTensor)
