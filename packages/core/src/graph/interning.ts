import { getOrInsert } from '../map.ts'
import { fingerprint } from './fingerprint.ts'
import type { Node } from './node.ts'
import type { Tensor } from './tensor.ts'

const textOf = ({ op, attrs }: Node): string =>
  fingerprint(op.identity?.(attrs) ?? attrs, ({ node, index }: Tensor) => `${node.id}.${index}`)

/** Gives the first of nodes that compute the same. */
export function interning(): (node: Node) => Node {
  const sources = new Map<object, Map<string, Node>>()
  const known = new Map<number, Node>()
  return (node) => {
    const { op, inputs } = node
    if (op.form.kind === 'leaf') return node
    if (!inputs.length) {
      const alike = getOrInsert(sources, op, () => new Map<string, Node>())
      return getOrInsert(alike, textOf(node), () => node)
    }
    // Others of the same hash follow at the next numbers.
    for (let at = hashOf(inputs); ; at++) {
      const first = getOrInsert(known, at, () => node)
      if (isSame(first, node)) return first
    }
  }
}

/** A number below 2^30: maps find these faster than text. */
function hashOf(inputs: readonly Tensor[]): number {
  let hash = 0
  // By the golden ratio of 2^32, which spreads numbers that follow one another.
  for (const { node, index } of inputs) hash = Math.imul(hash ^ (node.id + index), 0x9e3779b1)
  return hash >>> 2
}

const isSame = (a: Node, b: Node): boolean =>
  a.op === b.op &&
  a.inputs.length === b.inputs.length &&
  a.inputs.every((t, i) => t === b.inputs[i]) &&
  (a.attrs === b.attrs || textOf(a) === textOf(b))
