import { inPlaces } from '../graph/ambient.ts'
import type { Node } from '../graph/node.ts'
import { interning } from '../graph/interning.ts'
import type { Mark } from '../graph/policy.ts'
import { rewrite } from '../graph/rewrite.ts'
import type { Tensor } from '../graph/tensor.ts'
import { getOrInsert } from '../map.ts'
import { fullOf, literalOf } from '../ops/full.ts'
import { innerNodes } from './assign.ts'
import { evaluate } from './fold.ts'
import { ofRoots, rootsOf, type Graph } from './program.ts'

/** What replaces an op that no target can run as it is. */
type Lower = (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | undefined

/** Constant folding, the identities that ops declare, lowering, and common subexpressions. What no result needs is left
 * behind. */
export function simplify(graph: Graph, lower: Lower): Graph {
  const marks = new Map<Tensor, Mark[]>()
  let isMarked = false
  const roots = inPlaces((at) =>
    rewrite(rootsOf(graph), {
      replace(node, inputs) {
        if (node.op.form.kind === 'leaf') return undefined
        const mark = node.origin.marks?.at(-1)
        isMarked ||= mark !== undefined || innerNodes(node).some((inner) => inner.origin.marks !== undefined)
        if (mark && node.op.marksInput) {
          getOrInsert(marks, inputs[0], () => [] as Mark[]).push(mark)
          return inputs
        }
        at(node)
        const simpler = literal(node, inputs) ?? node.op.simplify?.(inputs, node.attrs)
        return simpler ? [simpler] : lower(node, inputs)
      },
      intern: interning(),
    }),
  )
  return { ...ofRoots(roots, graph), ...(isMarked ? { marks } : {}) }
}

/** The literal that a map or movement of literals is. */
function literal({ op, attrs, outputs }: Node, inputs: readonly Tensor[]): Tensor | undefined {
  const { form } = op
  if (!inputs.length || (form.kind !== 'map' && form.kind !== 'view')) return undefined
  if (!inputs.every((t) => t.node.op.form.kind === 'literal')) return undefined
  const values = inputs.map((t) => literalOf(t)!)
  const [first] = values
  const folded =
    form.kind === 'map'
      ? evaluate(
          form.formula(
            inputs.map((t) => t.dtype),
            attrs,
          ),
          values,
        )
      : first
  return folded === undefined ? undefined : fullOf(outputs[0].shape, folded, outputs[0].dtype)
}
