import { DTypeError, ShapeError } from '../errors.ts'
import { apply } from '../graph/apply.ts'
import { describe, type Meta } from '../graph/meta.ts'
import type { Node } from '../graph/node.ts'
import { expand, rewrite } from '../graph/rewrite.ts'
import type { Tensor } from '../graph/tensor.ts'
import { topological } from '../graph/walk.ts'
import { placeholderOp } from '../ops/leaf.ts'
import { agree, show } from '../shape.ts'

/** A function as graph: results from parameters, which are placeholders of its own. Nothing else from outside is in it.
 * */
export interface Body {
  readonly parameters: readonly Tensor[]
  readonly results: readonly Tensor[]
}

/** A placeholder that a body is called with. */
export const parameter = ({ shape, dtype }: Meta): Tensor =>
  apply(placeholderOp, [], { name: 'parameter of a body', shape, dtype })

/** Whether a value is in a body as it is, because it costs nothing: a literal, or positions. */
export const isFree = (t: Tensor): boolean => ['literal', 'index'].includes(t.node.op.form.kind)

/**
 * Makes tensors from outside that results use parameters too. What depends on no parameter is computed outside, unless
 * it `stays`. A transform looks at the graph behind its inputs, so what lies between these is inside.
 */
export function closed(
  results: readonly Tensor[],
  parameters: readonly Tensor[],
  stays: (node: Node) => boolean = () => false,
): { body: Body; captured: readonly Tensor[] } {
  const order = topological(results)
  const own = new Set(parameters)
  const inside = new Set<Node>()
  const sources = new Set(
    [...parameters, ...order.flatMap(({ op, inputs }) => (op.readsGraph ? inputs : []))].map((t) => t.node),
  )
  for (const node of order) {
    if (
      node.op.form.kind !== 'leaf' &&
      (stays(node) || node.inputs.some((t) => sources.has(t.node) || inside.has(t.node)))
    )
      inside.add(node)
  }
  const used = [...results, ...[...inside].flatMap((node) => node.inputs)]
  const captured = [...new Set(used.filter((t) => !inside.has(t.node) && !own.has(t) && !isFree(t)))]
  const fresh = captured.map(parameter)
  const known = new Map(captured.map((t, i) => [t, fresh[i]]))
  const inner = rewrite(results, {
    replace: () => undefined,
    leaf: (node) => (inside.has(node) ? undefined : node.outputs.map((t) => known.get(t) ?? t)),
  })
  return { body: { parameters: [...parameters, ...fresh], results: inner }, captured }
}

/** What a body computes from these inputs, as graph; shapes may be others than those of its parameters. */
export function called({ parameters, results }: Body, inputs: readonly Tensor[]): Tensor[] {
  const given = new Map(parameters.map((p, i) => [p.node, [inputs[i]]]))
  return rewrite(results, { replace: expand, leaf: (node) => given.get(node) })
}

/** @throws ShapeError, DTypeError where `got` cannot be `wanted`; unknown sizes can be any */
export function requireSame(name: string, what: string, wanted: Meta, got: Meta): void {
  if (!agree(wanted.shape, got.shape))
    throw new ShapeError(
      `${name}: ${what} must have one shape, got ${show(wanted.shape, got.shape)}; reshape or broadcast one`,
    )
  if (wanted.dtype !== got.dtype)
    throw new DTypeError(`${name}: ${what} must have one dtype, got ${describe(wanted)} and ${describe(got)}; cast one`)
}

/** How computing a body can fail on values: in any way that one of its ops can. */
export const riskOf = ({ results }: Pick<Body, 'results'>): 'any' | null =>
  topological(results).some(({ op, inputs, attrs }) => op.risk?.(inputs, attrs)) ? 'any' : null
