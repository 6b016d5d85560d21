import { inPlaceOf } from './ambient.ts'
import { makeNode, type Node } from './node.ts'
import { topological } from './walk.ts'
import type { Tensor } from './tensor.ts'
import { fingerprint } from './fingerprint.ts'
import { getOrInsert } from '../map.ts'

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
  const done = new Map<Node, readonly Tensor[]>()
  const of = (t: Tensor): Tensor => done.get(t.node)![t.index]
  const finish = (node: Node, outputs: readonly Tensor[]): void => {
    done.set(node, outputs)
    // Some of them can be the node's own.
    for (const t of outputs) if (t.node !== node && !done.has(t.node)) done.set(t.node, t.node.outputs)
  }
  const isEnd = (node: Node): boolean => {
    if (done.has(node)) return true
    const end = leaf?.(node)
    if (end) finish(node, end)
    return end !== undefined
  }
  const visit = (tensors: readonly Tensor[]): Tensor[] => {
    if (tensors.every((t) => done.has(t.node))) return tensors.map(of)
    for (const node of topological(tensors, isEnd)) {
      if (done.has(node)) continue
      const inputs = node.inputs.map(of)
      const replaced = replace(node, inputs)
      if (replaced) {
        done.set(node, visit(replaced))
        continue
      }
      const stays = inputs.every((t, i) => t === node.inputs[i]) ? node : makeNode(node.op, inputs, node.attrs, node)
      finish(node, (intern?.(stays) ?? stays).outputs)
    }
    return tensors.map(of)
  }
  return visit(roots)
}

/** Replaces what is decomposed as soon as shapes are known. */
export const expand: Rewriting['replace'] = (node, inputs) =>
  node.op.expandsAt === 'specialise'
    ? inPlaceOf(node, () => [node.op.decompose!(inputs, node.attrs)].flat())
    : undefined

/** Gives the first of nodes that compute the same. */
export function interning(): NonNullable<Rewriting['intern']> {
  const known = new Map<object, Map<string, Node>>()
  const name = (t: Tensor): string => `${t.node.id}.${t.index}|`
  return (node) => {
    const { op, attrs, inputs } = node
    if (op.form.kind === 'leaf') return node
    const alike = getOrInsert(known, op, () => new Map<string, Node>())
    let key = attrs === undefined ? '' : fingerprint(attrs, name)
    for (const t of inputs) key += `|${t.node.id}.${t.index}`
    const first = alike.get(key)
    if (!first) alike.set(key, node)
    return first ?? node
  }
}
