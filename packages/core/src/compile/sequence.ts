import type { Node } from '../graph/node.ts'
import type { Tensor } from '../graph/tensor.ts'
import { topological } from '../graph/walk.ts'

/** Nodes behind `roots`, inputs first. What is packed comes as soon as it can. What is computed again comes where the
 * backward pass first reads it: a node's inputs are entered by how much of the backward pass lies behind them. */
export function sequence(roots: readonly Tensor[]): readonly Node[] {
  const order = topological(roots)
  if (!order.some((node) => node.origin.pass === 'recompute')) return order
  const depths = new Map<Node, number>()
  const depthOf = (t: Tensor): number => depths.get(t.node)!
  for (const node of order) {
    const own = Number(node.origin.pass === 'backward')
    depths.set(node, node.inputs.reduce((most, t) => Math.max(most, depthOf(t)), 0) + own)
  }
  // They were made in the order of what they are made of.
  const packed = order.filter(({ origin }) => origin.pass === 'pack').sort((a, b) => a.id - b.id)
  return topological([...packed.flatMap((node) => node.outputs), ...roots], undefined, ({ inputs }) =>
    inputs.toSorted((a, b) => depthOf(b) - depthOf(a)),
  )
}
