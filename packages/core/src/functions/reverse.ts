import { inPlaceOf } from '../graph/ambient.ts'
import { topological } from '../graph/walk.ts'
import { decomposed } from '../graph/decomposed.ts'
import type { Node } from '../graph/node.ts'
import type { Origin } from '../graph/origin.ts'
import type { Tensor } from '../graph/tensor.ts'
import { isFloat } from '../dtype.ts'
import { GradError } from '../errors.ts'
import { add } from '../ops/arithmetic.ts'
import { zerosLike } from '../ops/full.ts'
import { identity } from '../ops/identity.ts'
import { sumTo } from '../ops/view.ts'
import { demand } from '../settings.ts'
import { sameShape } from '../shape.ts'
import { describe } from '../graph/meta.ts'

/**
 * The reverse walk: the gradient in each x of the sum over y * cotangent, as graph. Shapes are concrete.
 * `bounded`: nothing behind an x counts, even where one x depends on another. What a node's rule builds has the scope
 * of the node.
 */
export function reverse(
  ys: readonly Tensor[],
  cotangents: readonly Tensor[],
  xs: readonly Tensor[],
  bounded = false,
): Tensor[] {
  const targets = new Set(xs)
  const ends = new Set(xs.map((x) => x.node))
  const closed = (node: Node): boolean => !node.tracked || (bounded && ends.has(node))
  const order = topological(ys, closed)
  // A node matters if it is a target, or passes gradients on because a target lies behind it.
  const matters = new Set(ends)
  const passes = new Set<Node>()
  for (const node of order) {
    if (!closed(node) && node.inputs.some((t) => matters.has(t.node))) {
      matters.add(node)
      passes.add(node)
    }
  }
  const sums = new Map<Tensor, Tensor>()
  const accumulate = (to: Tensor, g: Tensor): void => {
    let t = to
    // What only marks a value is that value: cotangents are added up in the order that they have without it.
    while (t.node.op.marksInput && passes.has(t.node) && !ends.has(t.node)) t = t.node.inputs[0]
    const have = sums.get(t)
    sums.set(t, have ? add(have, g) : g)
  }
  ys.forEach((y, i) => accumulate(y, cotangents[i]))
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]
    if (!passes.has(node) || !node.outputs.some((t) => sums.has(t) && isFloat(t.dtype))) continue
    inPlaceOf({ origin: backwardOf(node.origin) }, () => {
      const grads = pullback(
        node,
        node.outputs.map((t) => sums.get(t) ?? zerosLike(t)),
      )
      // A value between its last use and its producer is complete now; only targets are asked for again.
      for (const t of node.outputs) if (!targets.has(t)) sums.delete(t)
      node.inputs.forEach((input, k) => {
        const g = grads[k]
        if (g && matters.has(input.node) && isFloat(input.dtype))
          accumulate(input, node.op.form.kind === 'map' ? sumTo(g, input.shape) : g)
      })
    })
  }
  return xs.map((x) => sums.get(x) ?? zerosLike(x))
}

/** Where the gradient of what was built there comes from. */
const backwardOf = (origin: Origin): Origin => (origin.pass === 'backward' ? origin : { ...origin, pass: 'backward' })

/** The gradients of one node's inputs, by its rule or through its decomposition. */
function pullback(node: Node, cotangents: readonly Tensor[]): readonly (Tensor | null)[] {
  const { op, inputs, outputs, attrs } = node
  if (op.vjp) {
    const grads = op.vjp({ inputs, outputs, cotangents, attrs })
    demand(grads?.length === inputs.length, op.name, `${inputs.length} gradients of its vjp`, grads?.length)
    inputs.forEach((x, i) => {
      const g = grads[i]
      if (!g || !isFloat(x.dtype)) return
      // Gradients of a map may have the shape to which its inputs were broadcast.
      const hasShape = sameShape(g.shape, x.shape) || (op.form.kind === 'map' && sameShape(g.shape, outputs[0].shape))
      if (!hasShape || g.dtype !== x.dtype)
        throw new GradError(
          `${op.name}: gradient ${i} of its input's shape required, got ${describe(g)} for ${describe(x)}`,
        )
    })
    return grads
  }
  if (!op.decompose)
    throw new GradError(`${op.name}: no gradient is defined; give the op a vjp, or put stopGradient around it`)
  const copies = inputs.map(identity)
  return reverse(decomposed(node, copies), cotangents, copies, true)
}
