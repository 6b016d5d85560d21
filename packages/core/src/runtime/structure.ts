import { fingerprint } from '../graph/fingerprint.ts'
import type { Program } from '../compile/program.ts'
import { topological } from '../graph/walk.ts'
import type { Node } from '../graph/node.ts'
import type { Tensor } from '../graph/tensor.ts'
import type { Watched } from './watch.ts'

/** Text that two programs share if one plan runs both, and the leaves in the order that the text counts them in. */
export interface Structure {
  readonly key: string
  readonly leaves: readonly Tensor[]
}

/** A program that keeps its structure once it was asked for. */
export interface Runnable extends Program {
  structure?: Structure
  /** What hooks made of it. */
  watched?: Watched
}

export function structure({ outputs, updates, shapes, isKnown }: Program, opNumber: (op: object) => number): Structure {
  const numbers = new Map<Node, number>()
  const leaves: Tensor[] = []
  const targets = updates.flatMap(({ variable, value }) => [variable, value])
  let key = ''
  const name = (t: Tensor): string => `${numbers.get(t.node)!}.${t.index},`
  const enter = (node: Node): void => {
    if (numbers.has(node)) return
    const { op, attrs, inputs, tracked } = node
    const source = op.form.kind === 'leaf' ? op.form.source : null
    if (source || isKnown(node)) {
      const given = source && (attrs as { readonly name?: string }).name
      key += `${source ?? 'value'} ${given ? JSON.stringify(given) : ''}`
      for (const t of node.outputs) {
        leaves.push(t)
        key += `${t.dtype}[${t.shape}]`
      }
    } else {
      const settings = attrs === undefined ? '' : fingerprint(attrs, inner)
      key += `${opNumber(op)}:${settings}${tracked ? '(' : '!('}${inputs.map(name).join('')}`
    }
    key += ';'
    numbers.set(node, numbers.size)
  }
  // Graphs among settings are nodes like others.
  const inner = (t: Tensor): string => {
    topological([t], (node) => numbers.has(node)).forEach(enter)
    return name(t)
  }
  topological([...outputs, ...targets], isKnown).forEach(enter)
  key += `${outputs.map(name).join('')}=${targets.map(name).join('')}`
  for (const [placeholder, shape] of shapes) key += `|${JSON.stringify(placeholder)}[${shape}]`
  return { key, leaves }
}
