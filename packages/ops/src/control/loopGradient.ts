import {
  add,
  isFloat,
  matmul,
  type Node,
  pad,
  slice,
  sum,
  type Tensor,
  transpose,
  type VjpContext,
  zerosLike,
} from '@gradloom/core'
import { getOrInsert, interning, reverse as walk, rewrite, topological, isFree, parameter } from '@gradloom/core/extend'
import { isZero } from './isZero.ts'
import { createLoop, isMoved, type Loop, type LoopAttrs } from './loop.ts'

const rowOf = ({ shape, dtype }: Tensor): Tensor => parameter({ shape: shape.slice(1), dtype })

/**
 * Carries whose cotangents are other than 0 somewhere, and the gradients of the body's parameters, given these. Such a
 * cotangent comes from outside, or from what an iteration gives with the others. The rest are left out: their zeros
 * would make NaN of infinite derivatives.
 */
function movingCarries(
  floats: readonly number[],
  isGiven: (carry: number) => boolean,
  gradientsOf: (moving: readonly number[]) => readonly Tensor[],
  of: (carry: number, gradients: readonly Tensor[]) => Tensor,
): { readonly moving: readonly number[]; readonly gradients: readonly Tensor[] } {
  let moving = floats.filter(isGiven)
  for (;;) {
    const gradients = gradientsOf(moving)
    const more = floats.filter((i) => moving.includes(i) || !isZero(of(i, gradients)))
    if (more.length === moving.length) return { moving, gradients }
    moving = more
  }
}

/**
 * The gradient of a loop is a loop over the same positions in the other order. Its carries are the cotangents of the
 * carries; the values of the forward body that it needs are xs, as the forward loop saved them.
 */
export function loopGradient({ inputs, outputs, cotangents, attrs }: VjpContext<LoopAttrs>): (Tensor | null)[] {
  const { parameters, results, saved, carries, starts, length, reverse } = attrs
  const last = carries + starts.length
  const first = Number(reverse)
  const end = length - first * length
  const xs: { row: Tensor; from: Tensor; start: number }[] = []
  const shared = new Map<Tensor, { inner: Tensor; from: Tensor }>()
  const read = (from: Tensor, start: number): Tensor => {
    const row = rowOf(from)
    xs.push({ row, from, start })
    return row
  }
  const flows = results.map(parameter)
  const asked = saved.flatMap((t, k) => (isFloat(t.dtype) && !isZero(cotangents[2 * carries + k]) ? [k] : []))
  const seeds = asked.map((k) => read(cotangents[2 * carries + k], 0))
  const targets = parameters.filter((p) => isFloat(p.dtype))
  const { moving, gradients } = movingCarries(
    results.flatMap((t, i) => (isFloat(t.dtype) ? [i] : [])),
    (i) => !isZero(cotangents[i]) || !isZero(cotangents[carries + i]),
    (some) =>
      walk(
        [...some.map((i) => results[i]), ...asked.map((k) => saved[k])],
        [...some.map((i) => flows[i]), ...seeds],
        targets,
      ),
    (i, all) => all[targets.indexOf(parameters[i])],
  )
  const flowing = moving.map((i) => flows[i])
  const slots = moving.map((i) => cotangents[carries + i])

  // Rules name values of the forward body: parameters that read what it saved take their place.
  const forward = new Set(topological([...results, ...saved]))
  const replaced = new Map<Node, readonly Tensor[]>()
  const stands = (t: Tensor): Tensor => {
    const at = parameters.indexOf(t)
    const next = results.indexOf(t)
    if (at >= last) return getOrInsert(shared, t, () => ({ inner: parameter(t), from: inputs[at] })).inner
    return at >= carries
      ? read(inputs[at], starts[at - carries])
      : at >= 0
        ? read(outputs[carries + at], first)
        : next >= 0
          ? read(outputs[carries + next], 1 - first)
          : read(outputs[2 * carries + saved.indexOf(t)], 0)
  }
  const inner = rewrite(gradients, {
    replace: () => undefined,
    intern: interning(),
    leaf: (node) =>
      !forward.has(node) || isMoved(node) || isFree(node.outputs[0])
        ? undefined
        : getOrInsert(replaced, node, () => node.outputs.map(stands)),
  })
  const of = (p: Tensor): Tensor | undefined => inner[targets.indexOf(p)]

  // The gradient of what all iterations share is a sum over them. A product is summed by one product over all of them.
  const accumulators: { inner: Tensor; next: Tensor }[] = []
  const summed = (g: Tensor): { ys: readonly Tensor[]; total: (loop: Loop) => Tensor } => {
    const { op, inputs: from, attrs: settings } = g.node
    const [a, b] = from
    const reduction = op.form.kind === 'reduce' ? op.form.reduce(settings) : null
    if (isZero(g)) return { ys: [], total: () => zerosLike(g) }
    if (op.form.kind === 'contract' && a.rank === 2 && b.rank === 2) {
      const left = swapped(a)
      return { ys: [left, b], total: (loop) => matmul(transpose(loop.rows(left)), loop.rows(b)) }
    }
    if (reduction?.kind === 'sum')
      return {
        ys: [a],
        total: (loop) => sum(loop.stacked(a), { axis: [0, ...reduction.axes.map((axis) => axis + 1)] }),
      }
    const before = parameter(g)
    const at = flowing.length + accumulators.push({ inner: before, next: add(before, g) }) - 1
    return { ys: [], total: (loop) => loop.carries[at] }
  }
  const totals = parameters.slice(last).map((p) => (isFloat(p.dtype) ? summed(of(p)!) : null))
  const rows = parameters.slice(carries, last).map(of)
  const next = moving.map((i, k) =>
    isZero(slots[k]) ? of(parameters[i])! : add(of(parameters[i])!, read(slots[k], first)),
  )
  const before = moving.map((i, k) => {
    const g = cotangents[i]
    return isZero(slots[k]) ? g : add(g, slice(slots[k], [end]))
  })
  const constants = [...shared.values()]
  const loop = createLoop(
    {
      parameters: [
        ...flowing,
        ...accumulators.map((a) => a.inner),
        ...xs.map((x) => x.row),
        ...constants.map((c) => c.inner),
      ],
      results: [...next, ...accumulators.map((a) => a.next)],
      ys: [...rows.flatMap((g) => g ?? []), ...totals.flatMap((t) => t?.ys ?? [])],
      carries: next.length + accumulators.length,
      starts: xs.map((x) => x.start),
      length,
      reverse: !reverse,
    },
    [
      ...before,
      ...accumulators.map((a) => zerosLike(a.inner)),
      ...xs.map((x) => x.from),
      ...constants.map((c) => c.from),
    ],
  )

  return [
    ...results.map((_, i) => (moving.includes(i) ? loop.carries[moving.indexOf(i)] : null)),
    ...rows.map((g, i) =>
      g && !isZero(g)
        ? pad(
            loop.stacked(g),
            inputs[carries + i].shape.map((n, axis) => (axis ? [0, 0] : [starts[i], n - starts[i] - length])),
          )
        : null,
    ),
    ...totals.map((t) => t?.total(loop) ?? null),
  ]
}

/** The transpose of a matrix: what it is the transpose of, where it is one. */
function swapped(t: Tensor): Tensor {
  const {
    op,
    inputs: [x],
    attrs,
  } = t.node
  const view = op.form.kind === 'view' ? op.form.view(x, attrs, t) : null
  const isSwap =
    Array.isArray(view) &&
    view.length === 2 &&
    view.every((v, axis) => v.from === 1 - axis && v.step === 1 && v.offset === 0)
  return isSwap && x.shape[0] === t.shape[1] && x.shape[1] === t.shape[0] ? x : transpose(t)
}
