import { inPlaceOf } from './ambient.ts'
import { decomposed } from './decomposed.ts'
import { sameMeta } from './meta.ts'
import { makeNode, type Node } from './node.ts'
import { numbered } from './numbering.ts'
import { placed } from './origin.ts'
import type { Tensor } from './tensor.ts'
import { topological } from './walk.ts'

export interface Rewriting {
  /** What replaces a node whose inputs are rewritten already; undefined keeps the op. Replacements are rewritten in
   * turn. */
  readonly replace: (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | undefined
  /** Ends the graph at a node early, with these outputs. */
  readonly leaf?: (node: Node) => readonly Tensor[] | undefined
  /** The node that stands for one that stays. */
  readonly intern?: (node: Node) => Node
}

/** Rebuilds the graph behind `roots`, sharing what does not change. */
export function rewrite(roots: readonly Tensor[], { replace, leaf, intern }: Rewriting): Tensor[] {
  return numbered(({ of: numberOf }) => {
    /** By node: what its outputs became. */
    const done: (readonly Tensor[] | undefined)[] = []
    const isDone = (node: Node): boolean => done[numberOf(node)] !== undefined
    const of = (t: Tensor): Tensor => done[numberOf(t.node)]![t.index]
    const isKept = (t: Tensor): boolean => of(t) === t
    const finish = (node: Node, outputs: readonly Tensor[]): void => {
      done[numberOf(node)] = outputs
      // Some of them can be the node's own.
      for (const t of outputs) if (t.node !== node) done[numberOf(t.node)] ??= t.node.outputs
    }
    const isEnd = (node: Node): boolean => {
      if (isDone(node)) return true
      const end = leaf?.(node)
      if (end) finish(node, end)
      return end !== undefined
    }
    const visit = (tensors: readonly Tensor[]): Tensor[] => {
      for (const node of topological(tensors, isEnd)) {
        if (isDone(node)) continue
        const inputs = node.inputs.every(isKept) ? node.inputs : node.inputs.map(of)
        let replaced: readonly Tensor[] | undefined
        try {
          replaced = replace(node, inputs)
          if (!replaced) {
            const stays = over(node, inputs)
            finish(node, (intern?.(stays) ?? stays).outputs)
          }
        } catch (error) {
          throw placed(error, node.origin)
        }
        if (replaced) done[numberOf(node)] = visit(replaced)
      }
      return tensors.map(of)
    }
    return visit(roots)
  })
}

/** The node over these inputs. Its outputs are inferred again only where some input has another shape or dtype. */
function over(node: Node, inputs: readonly Tensor[]): Node {
  if (inputs === node.inputs) return node
  const isAlike = inputs.every((t, i) => sameMeta(t, node.inputs[i]))
  return makeNode(node.op, inputs, node.attrs, node, isAlike ? node.outputs : undefined)
}

/** Replaces what is decomposed as soon as shapes are known. */
export const expand: Rewriting['replace'] = (node, inputs) =>
  node.op.expandsAt === 'specialise' ? inPlaceOf(node, () => decomposed(node, inputs)) : undefined
