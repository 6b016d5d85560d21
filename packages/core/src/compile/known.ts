import type { Node } from '../graph/node.ts'
import type { Tensor } from '../graph/tensor.ts'
import { topological } from '../graph/walk.ts'

const isComputed = (node: Node): boolean => node.op.form.kind !== 'leaf' && node.outputs.every((t) => t.memo)

/** Nodes through which values of `from` reach `to`. What is older than all of `from` cannot be one of them. */
function between(from: readonly Tensor[], to: readonly Tensor[]): Node[] {
  const ends = new Set(from.map((t) => t.node))
  const oldest = from.reduce((id, t) => Math.min(id, t.node.id), Infinity)
  const reached = new Set<Node>(ends)
  return topological(to, (node) => node.id <= oldest || !node.tracked).filter((node) => {
    const passes = node.tracked && node.inputs.some((t) => reached.has(t.node))
    if (passes) reached.add(node)
    return passes
  })
}

/** Nodes that stand for the values that they have already, computed before: all but those that a gradient must enter,
 * because they lie between its inputs. */
export function knownValues(roots: readonly Tensor[]): (node: Node) => boolean {
  const entered = new Set<Node>()
  const read = new Set<Node>()
  const isKnown = (node: Node): boolean => isComputed(node) && !entered.has(node)
  if (!topological(roots, isComputed).some(isComputed)) return () => false
  for (;;) {
    // What is entered can have further readers behind it.
    const readers = topological(roots, isKnown).filter(
      (node) => node.op.readsGraph && !isKnown(node) && !read.has(node),
    )
    if (!readers.length) return isKnown
    for (const node of readers) {
      read.add(node)
      const { from, to } = node.op.readsGraph!(node.inputs, node.attrs)
      for (const n of between(from, to)) entered.add(n)
    }
  }
}
