import type { Policy, Recomputations, Residual } from '../graph/policy.ts'
import { numbered } from '../graph/numbering.ts'
import type { Tensor } from '../graph/tensor.ts'
import { getOrInsert } from '../map.ts'
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
    return split ? decided(graph, policy, split, bytesOf) : graph
  })
}

function decided(graph: Graph, policy: Policy | undefined, split: Split, bytesOf: (graph: Graph) => number): Graph {
  const residuals = new Map(split.values.map((t) => [t, residualOf(t, split)]))
  const given = remembering(split, (depths) =>
    [...depths.values()].some((times) => times > 0) ? recomputed(graph, split, depths) : graph,
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
  const together = (depths: Recomputations): Recomputations => {
    const free = [...depths].filter(([t]) => !marked.bound.has(t))
    return new Map([...marked.depths, ...free])
  }
  const peakOf = (depths: Recomputations): number => bytesOf(given(together(depths)))
  return given(together(decide(policy, { values, peakOf }).depths))
}

/** Graphs that are kept, whose plans are as large as the program. */
const REMEMBERED = 4

/** The same graph for choices that are the same, if it is one of the last: policies give what they asked about. */
function remembering({ values }: Split, make: (depths: Recomputations) => Graph): (depths: Recomputations) => Graph {
  const known = new Map<string, Graph>()
  return (depths) => {
    const key = values.map((t) => depths.get(t) ?? '').join()
    if (known.size >= REMEMBERED && !known.has(key)) known.clear()
    return getOrInsert(known, key, () => make(depths))
  }
}

function residualOf(tensor: Tensor, { read, sourcesOf, bytesOf, costOf }: Split): Residual {
  const { origin, inputs } = tensor.node
  return {
    tensor,
    byteLength: bytesOf(tensor),
    cost: costOf(tensor),
    origin,
    isRead: read.has(tensor),
    sources: [...new Set(inputs.flatMap(sourcesOf))],
    marked: undefined,
  }
}
