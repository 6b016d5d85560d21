import { inPlaceOf } from '../graph/ambient.ts'
import { full, literalOf } from '../ops/full.ts'
import { scalarInputs } from '../scalar.ts'
import type { Node, Tensor } from '../graph/tensor.ts'
import { evaluate } from './fold.ts'
import { interning, rewrite } from '../graph/rewrite.ts'

/** Constant folding, the identities that ops declare, lowering, and common subexpressions. What no result needs is left
 * behind. `lower` gives the replacement of an op that the backend cannot run as it is. */
export function simplify(
  roots: readonly Tensor[],
  lower: (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | undefined,
): Tensor[] {
  return rewrite(roots, {
    replace(node, inputs) {
      if (node.op.leaf) return undefined
      return inPlaceOf(node, () => {
        const simpler = literal(node, inputs) ?? node.op.simplify?.(inputs, node.attrs)
        return simpler ? [simpler] : lower(node, inputs)
      })
    },
    intern: interning(),
  })
}

/** The literal that an elementwise or movement op of literals is. */
function literal({ op, attrs, outputs }: Node, inputs: readonly Tensor[]): Tensor | undefined {
  if (!inputs.length || !(op.expr || op.view)) return undefined
  const values = inputs.map(literalOf)
  if (values.includes(undefined)) return undefined
  const value = op.expr
    ? evaluate(op.expr(scalarInputs(inputs.map((t) => t.dtype)), attrs), values as number[])
    : values[0]
  return value === undefined ? undefined : full(outputs[0].shape, value, outputs[0])
}
