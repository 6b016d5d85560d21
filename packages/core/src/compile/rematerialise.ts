import type { Policy, Choices, Residual } from '../graph/policy.ts'
import { numbered } from '../graph/numbering.ts'
import type { Tensor } from '../graph/tensor.ts'
import type { Targets } from './assign.ts'
import { decide } from './choose.ts'
import { splitGraph, type Split } from './forward.ts'
import type { Graph } from './program.ts'
import { recomputed } from './recompute.ts'
import { decideMarked } from './segments.ts'

/** The graph in which the backward pass reads values that are computed again, as segments and `policy` say.
 * @throws SettingError where a policy throws, or answers what is no choice */
export function rematerialise(
  graph: Graph,
  policy: Policy | undefined,
  targets: Targets,
  bytesOf: (graph: Graph) => number,
): Graph {
  if (!policy && !graph.marks) return graph
  return numbered((numbers) => {
    const split = splitGraph(graph, targets, numbers)
    return split ? decided(graph, policy, split, targets, bytesOf) : graph
  })
}

function decided(
  graph: Graph,
  policy: Policy | undefined,
  split: Split,
  targets: Targets,
  bytesOf: (graph: Graph) => number,
): Graph {
  const residuals = new Map(split.values.map((t) => [t, residualOf(t, split, targets)]))
  const given = remembering(split, (depths) =>
    [...depths.values()].some((times) => times !== 0) ? recomputed(graph, split, depths) : graph,
  )
  const marked = decideMarked(graph, split, residuals, (depths) => bytesOf(given(depths)))
  if (!policy) return given(marked.depths)

  const values = [...residuals.values()].map((value): Residual => {
    const { tensor } = value
    const times = marked.depths.get(tensor)
    if (times === undefined) return value
    const word = times ? 'Recompute' : 'Save'
    return { ...value, marked: `${marked.bound.has(tensor) ? 'must' : 'prefer'}${word}` }
  })
  const together = (depths: Choices): Choices => {
    const free = [...depths].filter(([t]) => !marked.bound.has(t))
    return new Map([...marked.depths, ...free])
  }
  const peakOf = (depths: Choices): number => bytesOf(given(together(depths)))
  return given(together(decide(policy, { values, peakOf }).depths))
}

/** Graphs that are kept, whose plans are as large as the program. */
const REMEMBERED = 4

/** The same graph for choices that are the same, if it is one of the last: policies give what they asked about. */
function remembering({ values }: Split, make: (depths: Choices) => Graph): (depths: Choices) => Graph {
  const known: { readonly chosen: readonly unknown[]; readonly graph: Graph }[] = []
  return (depths) => {
    const chosen = values.map((t) => depths.get(t))
    const found = known.find((k) => k.chosen.every((times, i) => times === chosen[i]))
    if (found) return found.graph
    const graph = make(depths)
    if (known.push({ chosen, graph }) > REMEMBERED) known.shift()
    return graph
  }
}

function residualOf(tensor: Tensor, { read, sourcesOf, bytesOf, costOf }: Split, targets: Targets): Residual {
  const { origin, inputs } = tensor.node
  return {
    tensor,
    byteLength: bytesOf(tensor),
    cost: costOf(tensor),
    origin,
    isRead: read.has(tensor),
    sources: [...new Set(inputs.flatMap(sourcesOf))],
    marked: undefined,
    hasKernel: (name) => targets.hasKernel(targets.of(tensor.node), name),
  }
}
