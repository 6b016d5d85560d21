import {
  apply,
  asTensor,
  defineOp,
  expandDims,
  matmul,
  type Meta,
  mul,
  type Op,
  reshape,
  ShapeError,
  show,
  sizeOf,
  squeeze,
  sum,
  type Tensor,
  type TensorLike,
  transpose,
} from '@gradloom/core'
import { agree, alike, axisOf, checkNumbers, isCount, range, demandList } from '@gradloom/core/extend'
import { diagonal } from '../shape/diagonal.ts'

import { parseEinsum, type EinsumLabels } from './einsumSpec.ts'

type Labels = readonly number[]
/** `name`: the function that was called. */
interface EinsumAttrs extends EinsumLabels {
  readonly name: string
}
/** A tensor with a label for each axis. */
interface Term {
  readonly t: Tensor
  readonly labels: Labels
}

/** The size of each label; a size of 1 broadcasts. @throws ShapeError where others differ */
function sizesByLabel(metas: readonly Meta[], { inputs, name }: EinsumAttrs): Map<number, number> {
  const sizes = new Map<number, number>()
  inputs.forEach((labels, i) =>
    labels.forEach((label, axis) => {
      const { shape } = metas[i]
      const n = shape[axis]
      const have = sizes.get(label) ?? 1
      const twin = shape[labels.indexOf(label)]
      if ((n !== twin && n !== -1 && twin !== -1) || (n !== have && n !== 1 && have !== 1 && n !== -1 && have !== -1)) {
        throw new ShapeError(
          `${name}: sizes of one label differ, got ${n} and ${n === twin ? have : twin} in ` +
            `${show(...metas.map((m) => m.shape))}`,
        )
      }
      sizes.set(label, have === 1 || (have === -1 && n !== 1) ? n : have)
    }),
  )
  return sizes
}

/** A term with an axis for each label of `wanted`, in that order, of size 1 for those that it lacks. */
const arranged = ({ t, labels }: Term, wanted: Labels): Tensor =>
  expandDims(
    transpose(
      t,
      wanted.flatMap((l) => (labels.includes(l) ? [labels.indexOf(l)] : [])),
    ),
    wanted.flatMap((l, i) => (labels.includes(l) ? [] : [i])),
  )
const without = (a: Labels, b: Labels): number[] => a.filter((l) => !b.includes(l))

/** Labels outside of `keep` summed away. */
function summed({ t, labels }: Term, keep: Labels): Term {
  return {
    t: sum(t, { axis: range(labels.length).filter((i) => !keep.includes(labels[i])) }),
    labels: labels.filter((l) => keep.includes(l)),
  }
}

/** An input with its repeated labels taken as diagonals and its broadcast axes dropped. */
function prepared(t: Tensor, labels: Labels, sizes: ReadonlyMap<number, number>): Term {
  const second = labels.findIndex((l, i) => labels.indexOf(l) !== i)
  if (second >= 0) {
    const label = labels[second]
    const first = labels.indexOf(label)
    return prepared(
      diagonal(t, 0, { axes: [first, second] }),
      [...labels.filter((_, i) => i !== first && i !== second), label],
      sizes,
    )
  }
  const stretched = range(labels.length).filter((i) => t.shape[i] !== sizes.get(labels[i]))
  return { t: squeeze(t, stretched), labels: labels.filter((_, i) => !stretched.includes(i)) }
}

/** The product of two terms, summed over labels that both have and `keep` lacks: one matrix product where there is a
 * label to sum and a free one, else elementwise. */
function contract(first: Term, second: Term, keep: Labels, sizes: ReadonlyMap<number, number>): Term {
  const a = summed(first, [...second.labels, ...keep])
  const b = summed(second, [...first.labels, ...keep])
  const shared = a.labels.filter((l) => b.labels.includes(l))
  const inner = without(shared, keep)
  const batch = without(shared, inner)
  const rows = without(a.labels, shared)
  const columns = without(b.labels, shared)
  const labels = [...batch, ...rows, ...columns]
  if (!inner.length || !(rows.length + columns.length)) {
    const all = [...labels, ...inner]
    return summed({ t: mul(arranged(a, all), arranged(b, all)), labels: all }, keep)
  }
  const size = (of: Labels): number[] => of.map((l) => sizes.get(l)!)
  const matrices = (term: Term, m: Labels, n: Labels): Tensor =>
    reshape(arranged(term, [...batch, ...m, ...n]), [...size(batch), sizeOf(size(m)), sizeOf(size(n))])
  return { t: reshape(matmul(matrices(a, rows, inner), matrices(b, inner, columns)), size(labels)), labels }
}

const einsumOp: Op<EinsumAttrs> = defineOp<EinsumAttrs>({
  name: 'einsum',
  promotion: 'same',
  infer: (metas, attrs) => {
    const sizes = sizesByLabel(metas, attrs)
    checkNumbers(attrs.name, metas[0].dtype)
    return { shape: attrs.output.map((l) => sizes.get(l)!), dtype: metas[0].dtype }
  },
  decompose: (tensors, attrs) => {
    const { inputs, output } = attrs
    const sizes = sizesByLabel(tensors, attrs)
    const terms = tensors.map((t, i) => prepared(t, inputs[i], sizes))
    const product = terms.reduce((a, b, i) => contract(a, b, [...output, ...inputs.slice(i + 1).flat()], sizes))
    return arranged(summed(product, output), output)
  },
})

/** Sum of products over labelled axes, as NumPy's: 'ij,jk->ik' is a matrix product, 'ii' a trace, 'ij->ji' a transpose,
 * 'i,j->ij' an outer product. Without '->' the output is the labels that occur once, in alphabetical order. '...'
 * stands for any axes, which broadcast; an output without it sums them. Inputs are contracted in pairs from left to
 * right.
 * @throws ShapeError @example einsum('bqd,bkd->bqk', q, k) */
export function einsum(spec: string, ...inputs: readonly TensorLike[]): Tensor {
  const tensors = alike(inputs)
  return apply(einsumOp, tensors, {
    ...parseEinsum(
      spec,
      tensors.map((t) => t.shape),
    ),
    name: 'einsum',
  })
}

/** Sum of products over axes of a and of b: a number n takes the last n of a and the first n of b, two lists pair them.
 * The other axes of a, then of b, make up the result. @throws ShapeError @example tensordot(a, b, [[0, 1], [1, 0]]) */
export const tensordot = (
  a: TensorLike,
  b: TensorLike,
  axes: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor => paired('tensordot', a, b, axes)

function paired(
  name: string,
  a: TensorLike,
  b: TensorLike,
  axes: number | readonly [readonly number[], readonly number[]],
): Tensor {
  const both = alike([a, b])
  const [ta, tb] = both
  if (typeof axes === 'number' && !(isCount(axes) && axes <= Math.min(ta.rank, tb.rank)))
    throw new ShapeError(
      `${name}: a number of axes that both have required, got ${axes} for ${show(ta.shape, tb.shape)}`,
    )
  if (typeof axes !== 'number') for (const list of [axes, axes?.[0], axes?.[1]]) demandList(name, list)
  const wanted = typeof axes === 'number' ? [range(axes).map((i) => i - axes), range(axes)] : axes
  const [from, to] = wanted.map((list, side) => list.map((axis) => axisOf(name, both[side], axis)))
  const pairs =
    agree(
      from.map((f) => ta.shape[f]),
      to.map((t) => tb.shape[t]),
    ) && [from, to].every((list) => new Set(list).size === list.length)
  if (!pairs)
    throw new ShapeError(
      `${name}: pairs of different axes with equal sizes required, got [${from}] and [${to}] for ` +
        `${show(ta.shape, tb.shape)}`,
    )
  const left = range(ta.rank)
  const right = range(tb.rank).map((i) => from[to.indexOf(i)] ?? ta.rank + i)
  return apply(einsumOp, both, {
    inputs: [left, right],
    output: [...left, ...right].filter((l) => !from.includes(l)),
    name,
  })
}

/** NumPy's dot: the last axis of a with the last but one of b (its only one); a product where either is a scalar.
 * @throws ShapeError */
export function dot(a: TensorLike, b: TensorLike): Tensor {
  const ta = asTensor(a)
  const tb = asTensor(b)
  return ta.rank && tb.rank ? paired('dot', ta, tb, [[-1], [Math.max(0, tb.rank - 2)]]) : mul(a, b)
}

/** All products of an element of a and one of b: [size of a, size of b]. */
export const outer = (a: TensorLike, b: TensorLike): Tensor => mul(reshape(a, [-1, 1]), reshape(b, [1, -1]))
