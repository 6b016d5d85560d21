import { full, literalOf } from '../ops/full.ts'
import { getOrInsert } from '../map.ts'
import { scalarInputs } from '../scalar.ts'
import type { Node, Tensor } from '../tensor.ts'
import { fingerprint } from './fingerprint.ts'
import { evaluate } from './fold.ts'
import { rewrite } from '../rewrite.ts'

/** Constant folding, the identities that ops declare, lowering, and common subexpressions. What no result needs is left
 * behind. `lower` gives the replacement of an op that the backend cannot run as it is. */
export function simplify(roots: readonly Tensor[], lower: (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | undefined): Tensor[] {
  const known = new Map<string, Node>(), numbers = new Map<object, number>()
  const number = (key: object): number => getOrInsert(numbers, key, () => numbers.size)
  return rewrite(roots, {
    replace(node, inputs) {
      if (node.op.leaf) return undefined
      const simpler = literal(node, inputs) ?? node.op.simplify?.(inputs, node.attrs)
      return simpler ? [simpler] : lower(node, inputs)
    },
    intern(node) {
      if (node.op.leaf) return node
      const name = (t: Tensor): string => `|${number(t.node)}.${t.index}`
      let key = `${number(node.op)}|${fingerprint(node.attrs, name)}`
      for (const t of node.inputs) key += name(t)
      return getOrInsert(known, key, () => node)
    },
  })
}

/** The literal that an elementwise or movement op of literals is. */
function literal({ op, attrs, outputs }: Node, inputs: readonly Tensor[]): Tensor | undefined {
  if (!inputs.length || !(op.expr || op.view)) return undefined
  const values = inputs.map(literalOf)
  if (values.includes(undefined)) return undefined
  const value = op.expr ? evaluate(op.expr(scalarInputs(inputs.map((t) => t.dtype)), attrs), values as number[]) : values[0]
  return value === undefined ? undefined : full(outputs[0].shape, value, outputs[0])
}
