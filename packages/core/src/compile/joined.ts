import { SettingError } from '../errors.ts'
import { inPlaceOf } from '../graph/ambient.ts'
import type { Node } from '../graph/node.ts'
import { rewrite } from '../graph/rewrite.ts'
import type { Tensor } from '../graph/tensor.ts'
import { topological } from '../graph/walk.ts'
import { assign } from './assign.ts'
import { lowering } from './lower.ts'
import { ofRoots, rootsOf, type Graph, type Target } from './program.ts'
import { rematerialise } from './rematerialise.ts'
import { simplify } from './simplify.ts'

/** The graph whose backward nodes that run graphs, such as loops, compute again in these what they read of the graphs
 * of forward nodes, as segments within say. Each node is taken together with the forward one, as one program. */
export function recomputeWithin(graph: Graph, targetOf: (node: Node) => Target): Graph {
  const roots = rootsOf(graph)
  if (!graph.marks || !topological(roots).some(joins)) return graph
  const rewritten = rewrite(roots, {
    replace: (node, inputs) => (joins(node) ? inPlaceOf(node, () => again(node, inputs, targetOf(node))) : undefined),
  })
  return { ...graph, ...ofRoots(rewritten, graph) }
}

const joins = ({ op: { form }, origin }: Node): boolean =>
  origin.pass === 'backward' && form.kind === 'kernel' && form.joined !== undefined

function again({ op, attrs }: Node, inputs: readonly Tensor[], target: Target): readonly Tensor[] | undefined {
  const joined = op.form.kind === 'kernel' ? op.form.joined?.(inputs, attrs) : null
  if (!joined) return undefined
  const { roots, values, outside } = joined
  const { outputs, marks } = simplify({ outputs: [...roots, ...values], updates: [] }, lowering([target]))
  const simple: Graph = { outputs: outputs.slice(0, roots.length), updates: [], marks, outside }
  const inner = recomputeWithin(simple, () => target)
  const chosen = rematerialise(inner, undefined, assign([target], inner.outputs), () => {
    throw new SettingError(
      'rematerialise: a policy within a loop asked for peaks, which none has alone; give it to compile',
    )
  })
  return chosen === simple ? undefined : joined.over(chosen.outputs, outputs.slice(roots.length))
}
