import { fingerprint } from '../compile/fingerprint.ts'
import type { Program } from '../compile/compile.ts'
import { topological, type Node, type Tensor } from '../tensor.ts'

/** Text that two programs share if one plan runs both, and the leaves in the order that the text counts them in. */
export interface Structure { readonly key: string; readonly leaves: readonly Tensor[] }

export function structure({ outputs, assignments, shapes, isComputed }: Program, opNumber: (op: object) => number): Structure {
  const roots = [...outputs, ...assignments.flat()], numbers = new Map<Node, number>(), parts: string[] = [], leaves: Tensor[] = []
  for (const node of topological(roots, isComputed)) {
    numbers.set(node, numbers.size)
    if (node.op.leaf || isComputed(node)) {
      leaves.push(...node.outputs)
      const { name = '' } = (node.op.leaf ? node.attrs : {}) as { readonly name?: string }
      parts.push(`${node.op.leaf ?? 'value'} ${JSON.stringify(name)}${node.outputs.map((t) => `${t.dtype}[${t.shape}]`)}`)
    } else parts.push(`${opNumber(node.op)}${fingerprint(node.attrs)}(${node.inputs.map((t) => `${numbers.get(t.node)!}.${t.index}`)})${node.tracked ? '' : '!'}`)
  }
  const fed = [...shapes].map(([name, shape]) => `${name}[${shape}]`)
  return { key: `${parts.join(';')}|${roots.map((t) => `${numbers.get(t.node)!}.${t.index}`)}|${fed}`, leaves }
}
