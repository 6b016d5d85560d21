import { makeNode, topological, type Node, type Tensor } from '../tensor.ts'

/** What replaces a node whose inputs are rewritten already; undefined keeps the op. Replacements are rewritten in turn. */
export type Rule = (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | undefined

/** Rebuilds the graph behind `roots` by a rule, sharing what does not change. `leafOf` ends the graph at a node early. */
export function rewrite(roots: readonly Tensor[], rule: Rule, leafOf?: (node: Node) => readonly Tensor[] | undefined): Tensor[] {
  const done = new Map<Node, readonly Tensor[]>()
  const of = (t: Tensor): Tensor => done.get(t.node)![t.index]
  const visit = (tensors: readonly Tensor[]): Tensor[] => {
    for (const node of topological(tensors, (n) => done.has(n) || leafOf?.(n) !== undefined)) {
      if (done.has(node)) continue
      const leaf = leafOf?.(node)
      if (leaf) { finish(node, leaf); continue }
      const inputs = node.inputs.map(of), replaced = rule(node, inputs)
      if (replaced) done.set(node, visit(replaced))
      else finish(node, inputs.every((t, i) => t === node.inputs[i]) ? node.outputs : makeNode(node.op, inputs, node.attrs, node).outputs)
    }
    return tensors.map(of)
  }
  const finish = (node: Node, outputs: readonly Tensor[]): void => {
    done.set(node, outputs)
    for (const t of outputs) done.set(t.node, t.node.outputs)
  }
  return visit(roots)
}
