import type { Plan, Step } from '@gradloom/core'
import { explain, type PartName } from '@gradloom/inspect'
import { shape } from '../format.ts'
import { spaceOf } from './space.ts'

/** The column that a step is drawn in. What is computed again for the gradient stands with it. */
export type Side = 'forward' | 'backward' | 'update'

/** A step of a plan, with whom it reads from and who reads it. */
export interface PlanNode {
  readonly id: number
  readonly label: string
  readonly scope: string
  /** The step has no scope of its own: this is the scope of what it reads. */
  readonly isScopeOfReads: boolean
  readonly side: Side
  readonly part: PartName
  readonly type: Step['type'] | 'feed'
  /** What it goes over, in words and shapes. */
  readonly space: string
  /** Of its results. */
  readonly byteLength: number
  /** Null where nothing is known. */
  readonly flops: number | null
  /** Why it is a step of its own. */
  readonly apart: string
  readonly reads: readonly number[]
  readonly readers: readonly number[]
  readonly variables: readonly string[]
  readonly updates: readonly string[]
}
export interface PlanEdge {
  readonly from: number
  readonly to: number
  readonly byteLength: number
}
export interface PlanGraph {
  readonly nodes: readonly PlanNode[]
  readonly edges: readonly PlanEdge[]
  readonly arenaBytes: number
  readonly steps: number
  /** The same for a terminal. */
  readonly text: string
}

const topOf = (scope: string): string => scope.split('/')[0]

/** A plan as a graph: a node a step and a feed, an edge a value from its writer to a reader. */
export function graphOf(plan: Plan): PlanGraph {
  const told = explain(plan)
  const { steps, inputs } = told
  const count = steps.length
  const feeds = inputs.flatMap((input, i) => (input.kind === 'feed' ? [i] : []))
  /** Steps by their position, feeds after them; undefined for variables and outputs. */
  const idOf = (name: string): number | undefined => {
    const index = Number(name.slice(1))
    if (name.startsWith('s')) return index
    const feed = name.startsWith('i') ? feeds.indexOf(index) : -1
    return feed < 0 ? undefined : count + feed
  }
  const edges: PlanEdge[] = []
  const reads: number[][] = Array.from({ length: count + feeds.length }, () => [])
  const readers = reads.map((): number[] => [])
  const variables = reads.map((): string[] => [])
  for (const { from, to, bytes } of told.edges) {
    const [source, target] = [idOf(from), idOf(to)]
    if (target === undefined) continue
    if (source === undefined) variables[target].push(inputs[Number(from.slice(1))].name)
    else {
      edges.push({ from: source, to: target, byteLength: bytes })
      reads[target].push(source)
      readers[source].push(target)
    }
  }
  const tops = new Set(steps.flatMap(({ part, scope }) => (part === 'forward' && scope ? [topOf(scope)] : [])))
  /** Where steps of several scopes were fused, none is left: then that of the values or variables read. */
  const scopeOf = (id: number): string => {
    const { scope, part } = steps[id]
    if (scope || part === 'forward') return scope
    const read = reads[id].map((from) => topOf(steps[from]?.scope ?? ''))
    return [...read, ...variables[id].map(topOf)].find((top) => tops.has(top)) ?? ''
  }
  const nodes = steps.map(({ ops, scope, part, type, flops, writtenBytes, apart, updates }, id): PlanNode => ({
    id,
    label: ops.join('+'),
    scope: scopeOf(id),
    isScopeOfReads: scope !== scopeOf(id),
    side: sideOf(part, scope),
    part,
    type,
    space: spaceOf(plan.steps[id]),
    byteLength: writtenBytes,
    flops,
    apart,
    reads: reads[id],
    readers: readers[id],
    variables: variables[id],
    updates,
  }))
  const given = feeds.map((index, i): PlanNode => ({
    id: count + i,
    label: inputs[index].name,
    scope: '',
    isScopeOfReads: false,
    side: 'forward',
    part: 'forward',
    type: 'feed',
    space: shape(inputs[index].shape),
    byteLength: inputs[index].bytes,
    flops: null,
    apart: 'given at each run',
    reads: [],
    readers: readers[count + i],
    variables: [],
    updates: [],
  }))
  return { nodes: [...nodes, ...given], edges, arenaBytes: told.arenaBytes, steps: count, text: String(told) }
}

function sideOf(part: PartName, scope: string): Side {
  if (part === 'update' || topOf(scope) === 'optimizer') return 'update'
  return part === 'forward' ? 'forward' : 'backward'
}
