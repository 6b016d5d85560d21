import { getOrInsert } from '../map.ts'
import { ambient } from './ambient.ts'
import type { Node } from './node.ts'
import type { Tensor } from './tensor.ts'

/** What is known of tensors, as a map has it. */
export interface Table<V> {
  get(t: Tensor): V | undefined
  has(t: Tensor): boolean
  set(t: Tensor, value: V): void
}

/** Tables of a pass over a graph. */
export interface Numbering {
  /** A number for each tensor of a node, beginning with this one: dense, the same whenever it is asked. */
  of(node: Node): number
  table<V>(): Table<V>
}

/**
 * Numbers the nodes that `body` meets. The numbers lie on the nodes, and what is known of these in lists: maps keyed by
 * nodes take several times as long to fill, to ask and to collect. Where passes nest, a node that an outer one has
 * numbered gets its number for the inner one in a map.
 */
export function numbered<R>(body: (numbers: Numbering) => R): R {
  const { passes } = ambient
  const pass = ++ambient.lastPass
  const others = new Map<Node, number>()
  let count = 0
  const next = ({ outputs }: Node): number => {
    const first = count
    count += outputs.length
    return first
  }
  const enter = (node: Node): number => {
    if (others.has(node) || passes.includes(node.pass)) return getOrInsert(others, node, () => next(node))
    node.pass = pass
    return (node.number = next(node))
  }
  const of = (node: Node): number => (node.pass === pass ? node.number : enter(node))
  const table = <V>(): Table<V> => {
    const values: (V | undefined)[] = []
    return {
      get: (t) => values[of(t.node) + t.index],
      has: (t) => values[of(t.node) + t.index] !== undefined,
      set(t, value) {
        const at = of(t.node) + t.index
        // A list with a gap of many places becomes a map, which takes several times as long.
        while (values.length < at) values.push(undefined)
        values[at] = value
      },
    }
  }
  passes.push(pass)
  try {
    return body({ of, table })
  } finally {
    passes.pop()
  }
}
