/** A network of directed edges with capacities. */
export interface Flow {
  connect(from: number, to: number, capacity: number): void
  /** The nodes from which `end` is not reached any more when as much flows to it as can: the cut that lies nearest to
   * it. */
  cut(start: number, end: number): readonly boolean[]
}

/** Maximum flow along shortest paths first (Edmonds and Karp 1972): each path fills an edge, so there are few. */
export function createFlow(nodes: number): Flow {
  const edges: number[][] = Array.from({ length: nodes }, () => [])
  const target: number[] = []
  const left: number[] = []
  const add = (from: number, to: number, capacity: number): void => {
    edges[from].push(target.push(to) - 1)
    left.push(capacity)
  }
  /** The edge by which each node is reached, or -1. */
  const reach = (start: number, end: number): Int32Array => {
    const by = new Int32Array(nodes).fill(-1)
    const seen = new Uint8Array(nodes)
    const queue = [start]
    seen[start] = 1
    for (let i = 0; i < queue.length && !seen[end]; i++) {
      for (const edge of edges[queue[i]]) {
        const to = target[edge]
        if (seen[to] || left[edge] <= 0) continue
        seen[to] = 1
        by[to] = edge
        queue.push(to)
      }
    }
    return by
  }
  const before = (end: number): boolean[] => {
    const isBefore = new Array<boolean>(nodes).fill(true)
    const queue = [end]
    isBefore[end] = false
    for (let i = 0; i < queue.length; i++) {
      for (const edge of edges[queue[i]]) {
        const from = target[edge]
        // The edge that leads here is the other of its pair.
        if (!isBefore[from] || left[edge ^ 1] <= 0) continue
        isBefore[from] = false
        queue.push(from)
      }
    }
    return isBefore
  }
  return {
    connect(from, to, capacity) {
      // An edge and the way back along it are neighbours.
      add(from, to, capacity)
      add(to, from, 0)
    },
    cut(start, end) {
      for (;;) {
        const by = reach(start, end)
        if (by[end] < 0) return before(end)
        let flow = Infinity
        for (let node = end; node !== start; node = target[by[node] ^ 1]) flow = Math.min(flow, left[by[node]])
        for (let node = end; node !== start; node = target[by[node] ^ 1]) {
          left[by[node]] -= flow
          left[by[node] ^ 1] += flow
        }
      }
    },
  }
}
