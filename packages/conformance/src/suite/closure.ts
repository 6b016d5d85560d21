import { full, isFloat, tensor, type Node, type Op, type Tensor } from '@gradloom/core'
import type { Sample } from '../samples/sample.ts'
import { toHost } from './evaluate.ts'

/** An op that a rule leads to, and that nothing runs or differentiates. */
export interface Gap {
  readonly op: string
  readonly reason: string
}

/** Whether core compiles an op by its description alone. */
const described = (op: Op<unknown>): boolean => op.form.kind !== 'kernel'

/** The ops behind tensors. */
function nodesBehind(roots: readonly Tensor[]): Node[] {
  const seen = new Set<Node>()
  const stack = roots.map((t) => t.node)
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    stack.push(...node.inputs.map((t) => t.node))
  }
  return [...seen]
}

/** Applies every rule (vjp and decompose) of every op that samples lead to, and those of the ops that these rules use,
 * until no new op turns up. What comes back are ops that neither a description, nor one of `kernels`, nor a
 * decomposition computes, and ops on the way of a gradient without a rule. */
export function findGaps(
  samples: readonly Sample[],
  kernels: readonly string[],
): { readonly ops: readonly string[]; readonly gaps: readonly Gap[] } {
  const visited = new Map<string, Op<unknown>>()
  const gaps: Gap[] = []
  const queue: Node[] = []
  const enqueue = (tensors: readonly Tensor[]): void => {
    queue.push(...nodesBehind(tensors))
  }
  for (const sample of samples) enqueue([sample.fn(...sample.inputs.map((x) => tensor(toHost(x, 'float64'))))].flat())
  for (let node = queue.pop(); node; node = queue.pop()) {
    const { op, inputs, outputs, attrs } = node
    if (visited.has(op.name)) continue
    visited.set(op.name, op)
    if (!described(op) && !op.decompose && !kernels.includes(op.name))
      gaps.push({ op: op.name, reason: 'has no description, no kernel and no decomposition' })
    if (op.decompose) enqueue([op.decompose(inputs, attrs)].flat() as Tensor[])
    if (op.vjp) {
      const cotangents = outputs.map((y) => full(y.shape, 0.5, { dtype: isFloat(y.dtype) ? y.dtype : 'float32' }))
      enqueue(op.vjp({ inputs, outputs, cotangents, attrs }).filter((g) => g !== null))
    } else if (!op.decompose && [inputs, outputs].every((list) => list.some((t) => isFloat(t.dtype))))
      gaps.push({ op: op.name, reason: 'has no gradient: neither a vjp nor a decomposition' })
  }
  return { ops: [...visited.keys()].sort(), gaps }
}
