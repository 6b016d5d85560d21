import { applyAll, type Node, type Op, type Tensor, type VjpContext } from '@gradloom/core'
import type { Sample } from '../../src/samples/sample.ts'

export type Context = VjpContext<never> & { readonly attrs: never }
export type Gradients = readonly (Tensor | null)[]

/** A mistake in an op: the op as it would stand with it. */
export interface Fault {
  readonly name: string
  /** The public function whose samples must find it. */
  readonly sampled: string
  /** The op that is changed, by its name in the graph. */
  readonly op: string
  readonly change: (op: Op<never>) => Partial<Op<never>>
}

/** Nodes behind tensors, inputs first. */
function inOrder(roots: readonly Tensor[]): Node[] {
  const order: Node[] = []
  const seen = new Set<Node>()
  const visit = (node: Node): void => {
    if (seen.has(node)) return
    seen.add(node)
    for (const t of node.inputs) visit(t.node)
    order.push(node)
  }
  for (const t of roots) visit(t.node)
  return order
}

/** The sample with the changed op wherever its function uses the right one. */
export function plant(sample: Sample, { op: name, change }: Fault): Sample {
  let faulty: Op<never> | null = null
  const fn = (...inputs: Tensor[]): Tensor[] => {
    const outputs = [sample.fn(...inputs)].flat() as Tensor[]
    const made = new Map<Node, readonly Tensor[]>()
    for (const node of inOrder(outputs)) {
      const now = node.inputs.map((t) => made.get(t.node)![t.index])
      if (node.op.name === name)
        made.set(
          node,
          applyAll((faulty ??= { ...node.op, ...change(node.op as Op<never>) } as Op<never>), now, node.attrs as never),
        )
      else made.set(node, now.every((t, i) => t === node.inputs[i]) ? node.outputs : applyAll(node.op, now, node.attrs))
    }
    return outputs.map((t) => made.get(t.node)![t.index])
  }
  return { ...sample, fn }
}

/** A fault that changes the gradients that the right rule gives. */
export const inGradients = (
  name: string,
  sampled: string,
  op: string,
  change: (gradients: Gradients, context: Context) => Gradients,
): Fault => ({
  name,
  sampled,
  op,
  change: (right) => ({ vjp: (context) => change(right.vjp!(context as never), context as Context) }),
})

/** A fault that replaces an op by a decomposition. */
export const asDecomposition = (
  name: string,
  sampled: string,
  op: string,
  decompose: (inputs: readonly Tensor[], attrs: never) => Tensor,
): Fault => ({
  name,
  sampled,
  op,
  change: () => ({
    form: { kind: 'kernel' },
    vjp: undefined,
    simplify: undefined,
    decompose,
  }),
})
