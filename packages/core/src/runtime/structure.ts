import { fingerprint } from '../graph/fingerprint.ts'
import type { Program } from '../compile/program.ts'
import type { Mark, Policy } from '../graph/policy.ts'
import { getOrInsert } from '../map.ts'
import { topological } from '../graph/walk.ts'
import type { Node } from '../graph/node.ts'
import { numbered } from '../graph/numbering.ts'
import type { Tensor } from '../graph/tensor.ts'
import { sourceOf } from '../ops/leaf.ts'
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

export function structure(program: Program, numberOf: (identity: object) => number): Structure {
  const { outputs, updates, shapes, isKnown, policy } = program
  const marks = new Map<Mark, number>()
  const policyName = (p: Policy): string => (p.key === undefined ? `#${numberOf(p)}` : JSON.stringify(p.key))
  // Segments are told apart by their places in the program, so that those of the next call find its plan.
  const markName = (mark: Mark): string => `@${getOrInsert(marks, mark, () => marks.size)}${policyName(mark.policy)}`
  return numbered(({ of, table }) => {
    const entered = table<true>()
    const leaves: Tensor[] = []
    const targets = updates.flatMap(({ variable, value }) => [variable, value])
    const has = (node: Node): boolean => entered.has(node.outputs[0])
    let key = ''
    const enter = (node: Node): void => {
      if (has(node)) return
      const { op, attrs, inputs, tracked, origin } = node
      const source = sourceOf(node)
      if (source || isKnown(node)) {
        const given = source && (attrs as { readonly name?: string }).name
        key += `${source ?? 'value'} ${given ? JSON.stringify(given) : ''}`
        for (const t of node.outputs) {
          leaves.push(t)
          key += `${t.dtype}[${t.shape}]`
        }
      } else {
        // First, since graphs among them are added to the key.
        const settings = attrs === undefined ? '' : fingerprint(attrs, inner)
        key += `${numberOf(op)}:${settings}${tracked ? '(' : '!('}`
        // Counted back from it: most are near, and small numbers are soonest made text.
        for (const t of inputs) key += `${of(node) - of(t.node)}.${t.index},`
      }
      if (origin.marks) key += origin.marks.map(markName).join('')
      key += ';'
      entered.set(node.outputs[0], true)
    }
    const name = (t: Tensor): string => `${of(t.node)}.${t.index},`
    // Graphs among settings are nodes like others.
    const inner = (t: Tensor): string => {
      topological([t], has).forEach(enter)
      return name(t)
    }
    topological([...outputs, ...targets], isKnown).forEach(enter)
    key += `${outputs.map(name).join('')}=${targets.map(name).join('')}`
    for (const [placeholder, shape] of shapes) key += `|${JSON.stringify(placeholder)}[${shape}]`
    if (policy) key += `|${policyName(policy)}`
    return { key, leaves }
  })
}
