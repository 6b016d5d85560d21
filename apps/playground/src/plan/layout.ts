// The worker that places boxes: one a request, ended by a newer one. Forward is laid out as a graph; the other sides
// stand beside it, each box at the height of its scope.
import dagre from '@dagrejs/dagre'
import { BOX } from '../pages/graph/box.ts'
import type { Drawing } from './groups.ts'

const GAP = { x: 72, y: 12 } as const

export interface Placed {
  readonly [key: string]: readonly [x: number, y: number]
}

function place({ boxes, lines }: Drawing): Placed {
  const graph = new dagre.graphlib.Graph()
  graph.setGraph({ rankdir: 'TB', nodesep: 24, ranksep: 28 })
  graph.setDefaultEdgeLabel(() => ({}))
  const isForward = new Set(boxes.filter(({ side }) => side === 'forward').map(({ key }) => key))
  for (const key of isForward) graph.setNode(key, { ...BOX })
  for (const { from, to } of lines) if (isForward.has(from) && isForward.has(to)) graph.setEdge(from, to)
  dagre.layout(graph)
  const placed: Record<string, readonly [number, number]> = {}
  let right = 0
  for (const key of isForward) {
    const { x, y } = graph.node(key) as { x: number; y: number }
    placed[key] = [x, y]
    right = Math.max(right, x + BOX.width / 2)
  }
  const heights = new Map<string, number>()
  for (const { key, scope, side } of boxes)
    if (side === 'forward') heights.set(scope, Math.max(heights.get(scope) ?? 0, placed[key][1]))
  const heightOf = (scope: string): number => {
    for (let at = scope; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
      const same = heights.get(at)
      if (same !== undefined) return same
      const inside = [...heights].filter(([other]) => other.startsWith(`${at}/`)).map(([, y]) => y)
      if (inside.length) return Math.max(...inside)
      if (!at) return 0
    }
  }
  for (const side of ['backward', 'update'] as const) {
    const own = boxes.filter((box) => box.side === side)
    if (own.length === 0) continue
    const x = right + GAP.x + BOX.width / 2
    // The backward pass ends where the forward one begins: the last steps are the highest.
    const wanted = own.map((box, i) => ({ box, y: side === 'backward' ? heightOf(box.scope) : i, i }))
    wanted.sort((a, b) => a.y - b.y || b.i - a.i)
    let free = -Infinity
    for (const { box, y } of wanted) {
      const top = Math.max(y, free)
      placed[box.key] = [x, top]
      free = top + BOX.height + GAP.y
    }
    right = x + BOX.width / 2
  }
  return placed
}

addEventListener('message', ({ data }: MessageEvent<Drawing>) => {
  ;(globalThis as unknown as Worker).postMessage(place(data))
})
