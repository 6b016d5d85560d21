import { fingerprint } from '../compile/fingerprint.ts'
import type { Program } from '../compile/compile.ts'
import { topological, type Node, type Tensor } from '../tensor.ts'

/** Text that two programs share if one plan runs both, and the leaves in the order that the text counts them in. */
export interface Structure { readonly key: string; readonly leaves: readonly Tensor[] }

/** A program that keeps its structure once it was asked for. */
export interface Runnable extends Program { structure?: Structure }

export function structure({ outputs, assignments, shapes, isComputed }: Program, opNumber: (op: object) => number): Structure {
  const numbers = new Map<Node, number>(), leaves: Tensor[] = [], roots = assignments.length ? [...outputs, ...assignments.flat()] : outputs
  let key = ''
  const refer = (t: Tensor): void => { key += `${numbers.get(t.node)!}.${t.index},` }
  for (const node of topological(roots, isComputed)) {
    const { op, attrs, inputs, tracked } = node
    numbers.set(node, numbers.size)
    if (op.leaf || isComputed(node)) {
      const name = op.leaf && (attrs as { readonly name?: string }).name
      key += `${op.leaf ?? 'value'} ${name ? JSON.stringify(name) : ''}`
      for (const t of node.outputs) { leaves.push(t); key += `${t.dtype}[${t.shape}]` }
    } else {
      key += `${opNumber(op)}${attrs === undefined ? '' : fingerprint(attrs)}${tracked ? '(' : '!('}`
      inputs.forEach(refer)
    }
    key += ';'
  }
  roots.forEach(refer)
  for (const [name, shape] of shapes) key += `|${name}[${shape}]`
  return { key, leaves }
}
