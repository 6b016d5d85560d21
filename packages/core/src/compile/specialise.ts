import { placeholderOp, sourceOf, value, type PlaceholderAttrs } from '../ops/leaf.ts'
import { getOrInsert } from '../map.ts'
import { isKnown, sameShape, type Shape } from '../shape.ts'
import { makeNode, type Node } from '../graph/node.ts'
import type { Tensor } from '../graph/tensor.ts'
import { missingFeed } from './missingFeed.ts'
import { expand, rewrite } from '../graph/rewrite.ts'
import { ofRoots, rootsOf, type Graph, type Program } from './program.ts'

export interface Specialised {
  readonly graph: Graph
  /** The tensor of the program that a leaf of the graph stands for. */
  readonly sourceOf: (leaf: Tensor) => Tensor
}

/** The graph with concrete shapes: placeholders take the shapes of their feeds, every op infers again, what is known
 * becomes a leaf, and gradients are expanded. */
export function specialise(program: Program): Specialised {
  const { shapes, isKnown: isThere } = program
  const sources = new Map<Node, Tensor>()
  const ended = new Map<Node, readonly Tensor[]>()
  const leaf = (node: Node): readonly Tensor[] | undefined => {
    const { form } = node.op
    if (form.kind !== 'leaf' && !isThere(node)) return undefined
    return getOrInsert(ended, node, () => {
      const leaves = form.kind === 'leaf' ? concrete(node, shapes) : node.outputs.map((t) => value(t.memo!))
      leaves.forEach((t, i) => sources.set(t.node, node.outputs[i]))
      return leaves
    })
  }
  const roots = rewrite(rootsOf(program), { leaf, replace: expand })
  return {
    graph: ofRoots(roots, program),
    sourceOf: (t) => sources.get(t.node) ?? t,
  }
}

/** A leaf with the shape of its feed. */
function concrete(node: Node, shapes: ReadonlyMap<string, Shape>): readonly Tensor[] {
  if (sourceOf(node) !== 'feed') return node.outputs
  const attrs = node.attrs as PlaceholderAttrs
  const shape = shapes.get(attrs.name)
  if (shape && !sameShape(shape, attrs.shape)) return makeNode(placeholderOp, [], { ...attrs, shape }, node).outputs
  return isKnown(attrs.shape) ? node.outputs : missingFeed(attrs)
}
