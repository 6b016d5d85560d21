import { placeholderOp, value, type PlaceholderAttrs } from '../ops/leaf.ts'
import { getOrInsert } from '../map.ts'
import { isKnown, type Shape } from '../shape.ts'
import { makeNode, topological, type Node, type Tensor } from '../graph/tensor.ts'
import { missingFeed } from './missingFeed.ts'
import { expand, rewrite } from '../graph/rewrite.ts'

/** Nodes that stand for the values that they have already: computed before, and not looked through by a gradient. */
export function computed(roots: readonly Tensor[]): (node: Node) => boolean {
  const known = (node: Node): boolean => !node.op.leaf && node.outputs.every((t) => t.memo)
  const transforms = topological(roots, known).filter((node) => node.op.transform)
  const inside = new Set(topological(transforms.flatMap((node) => node.inputs)))
  return (node) => known(node) && !inside.has(node)
}

/** The graph with concrete shapes: placeholders take the shapes of their feeds, every op infers again, and transforms
 * (gradients) are expanded. `origins` maps leaves of the result back to tensors of the given graph. */
export function specialise(
  roots: readonly Tensor[],
  shapes: ReadonlyMap<string, Shape>,
  isComputed: (node: Node) => boolean,
): { roots: Tensor[]; origins: Map<Node, Tensor> } {
  const origins = new Map<Node, Tensor>()
  const ended = new Map<Node, readonly Tensor[]>()
  const leafOf = (node: Node): readonly Tensor[] | undefined => {
    if (!node.op.leaf && !isComputed(node)) return undefined
    return getOrInsert(ended, node, () => {
      const leaves = node.op.leaf ? concrete(node) : node.outputs.map((t) => value(t.memo!))
      leaves.forEach((leaf, i) => origins.set(leaf.node, node.outputs[i]))
      return leaves
    })
  }
  const concrete = (node: Node): readonly Tensor[] => {
    if (node.op.leaf !== 'feed') return node.outputs
    const attrs = node.attrs as PlaceholderAttrs
    const shape = shapes.get(attrs.name)
    if (shape) return makeNode(placeholderOp, [], { ...attrs, shape }, node).outputs
    return isKnown(attrs.shape) ? node.outputs : missingFeed(attrs)
  }
  const result = rewrite(roots, {
    leaf: leafOf,
    replace: expand,
  })
  return { roots: result, origins }
}
