import { ambient } from './ambient.ts'
import type { Tensor } from './tensor.ts'
import type { Node } from './node.ts'

/** Nodes behind `roots`, inputs first. Iterative, so that depth is no limit; `stop` nodes are listed but not
 * entered. */
export function topological(roots: readonly Tensor[], stop?: (node: Node) => boolean): Node[] {
  const order: Node[] = []
  const path: Node[] = []
  const next: number[] = []
  const walk = ++ambient.walks
  const enter = (node: Node): void => {
    if (node.mark === walk) return
    node.mark = walk
    path.push(node)
    next.push(stop?.(node) ? node.inputs.length : 0)
  }
  for (const root of roots) {
    enter(root.node)
    while (path.length) {
      const top = path.length - 1
      const node = path[top]
      if (next[top] < node.inputs.length) enter(node.inputs[next[top]++].node)
      else {
        order.push(node)
        path.pop()
        next.pop()
      }
    }
  }
  return order
}
