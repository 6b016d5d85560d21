import { ambient } from './ambient.ts'
import type { Tensor } from './tensor.ts'
import type { Node } from './node.ts'

const givenInputs = (node: Node): readonly Tensor[] => node.inputs

/** Nodes behind `roots`, inputs first, in the order that `inputsOf` lists them in. Iterative, so that depth is no
 * limit; `stop` nodes are listed but not entered. */
export function topological(
  roots: readonly Tensor[],
  stop?: (node: Node) => boolean,
  inputsOf: (node: Node) => readonly Tensor[] = givenInputs,
): Node[] {
  const order: Node[] = []
  const path: Node[] = []
  const inputs: (readonly Tensor[])[] = []
  const next: number[] = []
  const walk = ++ambient.walks
  const enter = (node: Node): void => {
    if (node.mark === walk) return
    node.mark = walk
    path.push(node)
    inputs.push(stop?.(node) ? [] : inputsOf(node))
    next.push(0)
  }
  for (const root of roots) {
    enter(root.node)
    while (path.length) {
      const top = path.length - 1
      const from = inputs[top]
      if (next[top] < from.length) enter(from[next[top]++].node)
      else {
        order.push(path[top])
        path.pop()
        inputs.pop()
        next.pop()
      }
    }
  }
  return order
}
