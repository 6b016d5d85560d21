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
  /** How many computed values lie behind it in a row, where large ones count for several; infinite where one of them
   * has `requiresGrad`. */
  age: number
}

/** A node on inputs that need no conversion; `like` gives origin and tracking. */
export function makeNode<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A, like?: Node): Node {
  const inferred = op.infer(inputs, attrs)
  const metas = Array.isArray(inferred) ? (inferred as readonly Meta[]) : [inferred as Meta]
  const outputs: Tensor[] = []
  const node = {
    op,
    attrs,
    inputs,
    outputs,
    origin: like?.origin ?? ambient.origin,
    tracked: like?.tracked ?? ambient.tracking,
    id: ++ambient.nodes,
    mark: 0,
    age: 0,
  } as unknown as Node
  for (let i = 0; i < metas.length; i++) outputs.push(new Tensor(node, i, metas[i]))
  return node
}
