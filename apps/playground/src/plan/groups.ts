import type { PlanGraph, PlanNode, Side } from './graph.ts'

/** What is drawn: a step, or a scope that is closed, with all that it holds. */
export interface Box {
  readonly key: string
  readonly name: string
  readonly side: Side
  readonly scope: string
  readonly steps: readonly PlanNode[]
  readonly isGroup: boolean
  readonly byteLength: number
  readonly flops: number
}
export interface Line {
  readonly from: string
  readonly to: string
  readonly byteLength: number
}
export interface Drawing {
  readonly boxes: readonly Box[]
  readonly lines: readonly Line[]
}

const partsOf = (scope: string): string[] => (scope ? scope.split('/') : [])
/** A scope on one side: those of forward and backward open apart. */
export const groupKey = (side: Side, scope: string): string => `${side}:${scope}`

/** The box that a step is in, where the scopes of `open` are open. */
function keyOf(
  node: PlanNode,
  open: ReadonlySet<string>,
): { readonly key: string; readonly scope: string; readonly isGroup: boolean } {
  const parts = partsOf(node.scope)
  for (let depth = 1; depth <= parts.length; depth++) {
    const scope = parts.slice(0, depth).join('/')
    if (!open.has(groupKey(node.side, scope))) return { key: groupKey(node.side, scope), scope, isGroup: true }
  }
  return { key: `step:${node.id}`, scope: node.scope, isGroup: false }
}

/** The boxes for a set of open scopes, in the order of the plan. */
export function drawingOf(graph: PlanGraph, open: ReadonlySet<string>): Drawing {
  const found = new Map<string, { node: PlanNode; scope: string; isGroup: boolean; steps: PlanNode[] }>()
  const boxOf = new Map<number, string>()
  for (const node of graph.nodes) {
    const { key, scope, isGroup } = keyOf(node, open)
    boxOf.set(node.id, key)
    const box = found.get(key)
    if (box) box.steps.push(node)
    else found.set(key, { node, scope, isGroup, steps: [node] })
  }
  const boxes = [...found].map(([key, { node, scope, isGroup, steps }]): Box => {
    const alone = isGroup && steps.length === 1 ? ` · ${node.label}` : ''
    return {
      key,
      name: isGroup ? `${scope.split('/').at(-1)}${alone}` : node.label,
      side: node.side,
      scope,
      steps,
      isGroup,
      byteLength: steps.reduce((sum, one) => sum + one.byteLength, 0),
      flops: steps.reduce((sum, one) => sum + (one.flops ?? 0), 0),
    }
  })
  const lines = new Map<string, Line>()
  for (const { from, to, byteLength } of graph.edges) {
    const line = { from: boxOf.get(from)!, to: boxOf.get(to)! }
    if (line.from === line.to) continue
    const key = `${line.from} ${line.to}`
    lines.set(key, { ...line, byteLength: (lines.get(key)?.byteLength ?? 0) + byteLength })
  }
  return { boxes, lines: [...lines.values()] }
}

const ENOUGH = 8
const MOST = 60
/** The scopes that are open at first: the largest, until there is something to see. */
export function firstOpen(graph: PlanGraph): ReadonlySet<string> {
  let open: ReadonlySet<string> = new Set()
  for (;;) {
    const { boxes } = drawingOf(graph, open)
    const groups = boxes.filter(({ isGroup, steps }) => isGroup && steps.length > 1)
    const largest = groups.sort((a, b) => b.steps.length - a.steps.length)[0]
    if (!largest || boxes.length >= ENOUGH) return open
    const next = new Set([...open, largest.key])
    if (drawingOf(graph, next).boxes.length > MOST) return open
    open = next
  }
}
