import { ambient } from './ambient.ts'
import type { Meta } from './meta.ts'
import type { Op } from './op.ts'
import { Tensor } from './tensor.ts'
import type { Origin } from './origin.ts'

/** One application of an op. */
export interface Node<A = unknown> {
  readonly op: Op<A>
  readonly attrs: A
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  readonly origin: Origin
  /** False: gradients stop here. */
  readonly tracked: boolean
  /** Nodes are numbered as they are made, so that what lies behind a node has lower numbers. */
  readonly id: number
  /** The last walk that came by; walks do not nest, and a number is much cheaper than a set of nodes. */
  mark: number
  /** The last pass that numbered it, and its number there; see `numbered`. */
  pass: number
  number: number
  /** The length of the longest path to it from a leaf. */
  readonly depth: number
  /** How many computed values lie behind it in a row, where large ones count for several; infinite where one of them
   * has `requiresGrad`; -1 where it was computed on the way to others, and not kept. */
  age: number
}

type Draft = Omit<Node, 'outputs'> & { outputs: readonly Tensor[] }
const NONE: readonly Tensor[] = []

/** A node on inputs that need no conversion; `like` gives origin and tracking. `metas`: what the op infers, where that
 * is known. */
export function makeNode<A>(
  op: Op<A>,
  inputs: readonly Tensor[],
  attrs: A,
  like?: Node,
  metas: readonly Meta[] = inferred(op, inputs, attrs),
): Node {
  let depth = 0
  for (const { node } of inputs) depth = Math.max(depth, node.depth + 1)
  const node: Draft = {
    op,
    attrs,
    inputs,
    origin: like?.origin ?? ambient.origin,
    tracked: like?.tracked ?? ambient.tracking,
    id: ++ambient.nodes,
    mark: 0,
    pass: 0,
    number: 0,
    depth,
    age: 0,
    outputs: NONE,
  }
  node.outputs = metas.map((meta, i) => new Tensor(node as Node, i, meta))
  return node as Node
}

function inferred<A>(op: Op<A>, inputs: readonly Meta[], attrs: A): readonly Meta[] {
  const metas = op.infer(inputs, attrs)
  return Array.isArray(metas) ? (metas as readonly Meta[]) : [metas as Meta]
}
