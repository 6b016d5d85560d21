import type { DType, Plan, Step } from '@gradloom/core'
import { accessOf } from '@gradloom/core/extend'

/** What a step is for: the results, their gradients, or the update of variables. */
export type Side = 'forward' | 'backward' | 'update'

/** A step of a plan, with whom it reads from and who reads it. */
export interface PlanNode {
  readonly id: number
  readonly label: string
  readonly scope: string
  /** The step has no scope of its own: this is the scope of what it reads. */
  readonly isScopeOfReads: boolean
  readonly side: Side
  readonly type: Step['type'] | 'feed'
  /** Of its results, each with its dtype. */
  readonly results: readonly string[]
  readonly byteLength: number
  /** Null where the step does not tell. */
  readonly flops: number | null
  /** Loops count an operation for each instruction. */
  readonly isEstimate: boolean
  readonly reads: readonly number[]
  readonly readers: readonly number[]
  readonly variables: readonly string[]
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
}

/** Bytes of an element. */
export const WIDTHS: Readonly<Record<DType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  int32: 4,
  uint32: 4,
  bool: 1,
}
const topOf = (scope: string): string => scope.split('/')[0]
const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)

function flopsOf(step: Step): { readonly flops: number | null; readonly isEstimate: boolean } {
  if (step.type === 'contraction')
    return { flops: 2 * product(step.batch) * step.m * step.n * step.k, isEstimate: false }
  if (step.type === 'kernel') return { flops: step.flops ?? null, isEstimate: false }
  if (step.type !== 'loop') return { flops: null, isEstimate: false }
  const outer = product(step.outer)
  const inner = product(step.inner)
  const work = (code: LoopCode): number =>
    code.filter(({ op }) => !['read', 'const', 'index', 'reduced'].includes(op)).length
  const flops = step.phases.reduce(
    (sum, { over, code, reduce }) => sum + (work(code) + reduce.length) * outer * (over === 'inner' ? inner : 1),
    0,
  )
  return { flops, isEstimate: true }
}
type LoopCode = readonly { readonly op: string }[]

/** A plan as a graph: a node a step and a feed, an edge a value from its writer to a reader. */
export function graphOf(plan: Plan): PlanGraph {
  const writer = new Map<number, number>()
  const edges = new Map<string, PlanEdge>()
  const readers = new Map<number, Set<number>>()
  const reads = new Map<number, Set<number>>()
  const variables = new Map<number, Set<string>>()
  const feeds: PlanNode[] = []
  const inputs = new Map(plan.inputs.map((input) => [input.buffer, input]))
  const bytesOf = (buffer: number): number => plan.buffers[buffer].size * WIDTHS[plan.buffers[buffer].dtype]
  const join = (from: number, to: number, buffer: number): void => {
    if (from === to) return
    const key = `${from} ${to}`
    const before = edges.get(key)?.byteLength ?? 0
    edges.set(key, { from, to, byteLength: before + bytesOf(buffer) })
    put(readers, from, to)
    put(reads, to, from)
  }
  for (const input of plan.inputs) {
    if (input.kind !== 'feed') continue
    const id = plan.steps.length + feeds.length
    writer.set(input.buffer, id)
    feeds.push({
      ...EMPTY,
      id,
      label: input.name,
      type: 'feed',
      results: [describe(input)],
      byteLength: bytesOf(input.buffer),
    })
  }
  const results: string[][] = []
  const lengths: number[] = []
  plan.steps.forEach((step, id) => {
    const access = accessOf(step)
    for (const buffer of new Set(access.reads)) {
      const from = writer.get(buffer)
      const input = inputs.get(buffer)
      if (from !== undefined) join(from, id, buffer)
      else if (input?.kind === 'variable') put(variables, id, `${input.name} ${describe(input)}`)
    }
    const written = [...new Set(access.writes)]
    for (const buffer of written) writer.set(buffer, id)
    results.push(written.map((buffer) => `${plan.buffers[buffer].dtype} of ${plan.buffers[buffer].size}`))
    lengths.push(written.reduce((sum, buffer) => sum + bytesOf(buffer), 0))
  })
  const sides = sidesOf(plan, reads, writer)
  const tops = new Set(plan.steps.flatMap(({ scope }, id) => (sides(id) === 'forward' && scope ? [topOf(scope)] : [])))
  /** Where backward steps of several scopes were fused, none is left: then that of the values or variables read. */
  const scopeOf = (id: number): string => {
    const { scope } = plan.steps[id]
    if (scope || sides(id) !== 'backward') return scope
    const read = [...(reads.get(id) ?? [])].map((from) => topOf(plan.steps[from]?.scope ?? ''))
    const named = [...(variables.get(id) ?? [])].map(topOf)
    return [...read, ...named].find((top) => tops.has(top)) ?? ''
  }
  const steps = plan.steps.map((step, id): PlanNode => ({
    id,
    label: step.label,
    scope: scopeOf(id),
    isScopeOfReads: step.scope !== scopeOf(id),
    side: sides(id),
    type: step.type,
    results: results[id],
    byteLength: lengths[id],
    ...flopsOf(step),
    reads: [...(reads.get(id) ?? [])],
    readers: [...(readers.get(id) ?? [])],
    variables: [...(variables.get(id) ?? [])],
  }))
  const nodes = [...steps, ...feeds.map((feed) => ({ ...feed, readers: [...(readers.get(feed.id) ?? [])] }))]
  return { nodes, edges: [...edges.values()], arenaBytes: plan.arenaBytes, steps: plan.steps.length }
}

const EMPTY = {
  scope: '',
  isScopeOfReads: false,
  side: 'forward',
  flops: null,
  isEstimate: false,
  reads: [],
  readers: [],
  variables: [],
} as const
const describe = ({ shape, dtype }: { readonly shape: readonly number[]; readonly dtype: DType }): string =>
  `${dtype} [${shape.join(', ')}]`

function put<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const set = map.get(key)
  if (set) set.add(value)
  else map.set(key, new Set([value]))
}

/** Steps that the results depend on are forward, unless the plan says that they belong to the gradient; of the others,
 * those of the optimizer's scope update. */
function sidesOf(
  plan: Plan,
  reads: ReadonlyMap<number, ReadonlySet<number>>,
  writer: ReadonlyMap<number, number>,
): (id: number) => Side {
  const forward = new Set<number>()
  const waiting = plan.outputs.flatMap(({ buffer }) => {
    const from = writer.get(buffer)
    return from === undefined ? [] : [from]
  })
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (forward.has(id)) continue
    forward.add(id)
    waiting.push(...(reads.get(id) ?? []))
  }
  return (id) => {
    const { scope, pass = 'forward' } = plan.steps[id]
    if (pass !== 'forward') return 'backward'
    if (forward.has(id)) return 'forward'
    return topOf(scope) === 'optimizer' ? 'update' : 'backward'
  }
}
