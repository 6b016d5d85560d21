import type { Node } from '../graph/node.ts'
import type { Tensor } from '../graph/tensor.ts'
import { topological } from '../graph/walk.ts'

/** For each node behind `roots`, the length of the longest path to it from a leaf. */
export function depthsOf(roots: readonly Tensor[]): ReadonlyMap<Node, number> {
  const depths = new Map<Node, number>()
  for (const node of topological(roots)) {
    let depth = 0
    for (const { node: before } of node.inputs) depth = Math.max(depth, depths.get(before)! + 1)
    depths.set(node, depth)
  }
  return depths
}
