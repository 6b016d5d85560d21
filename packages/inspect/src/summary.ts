import { byteSize, SettingError, sizeOf, Tensor, type DType, type Node, type Shape } from '@gradloom/core'
import { inPlaceOf, makeNode, placeholderOp, settings, topological } from '@gradloom/core/extend'
import { nodeFlops } from './flops.ts'
import { namesOf, type SummarizedModel } from './parameters.ts'
import { summaryText } from './summaryText.ts'
import { withText } from './text.ts'

export interface SummaryOptions {
  /** The shape of an input, for a model; sizes that are not known yet are -1. */
  readonly input?: Shape
  /** Of the input; float32 where absent. */
  readonly dtype?: DType
  /** Names of a scope that make a layer: `sequential/0/sequential/1` is one of depth 4, and with 2 a part of
   * `sequential/0`. All of them where absent. */
  readonly depth?: number
}

export interface SummarizedParameter {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Running statistics and the like, which are not trained. */
  readonly isState: boolean
}

/** What was built under one scope, or one stretch of what was built under none. */
export interface SummarizedLayer {
  readonly scope: string
  readonly ops: readonly string[]
  /** Of what it gives. */
  readonly shape: readonly number[]
  readonly dtype: DType
  /** Those that no layer before it has. */
  readonly parameters: readonly SummarizedParameter[]
  /** Scalar operations of products, convolutions and attention; null where sizes are not known. */
  readonly flops: number | null
}

/** The layers of a model as plain data; `String(it)` is a table. */
export interface Summary {
  readonly layers: readonly SummarizedLayer[]
  /** Elements that are trained, and those that are not. */
  readonly parameters: number
  readonly state: number
  readonly bytes: number
  readonly flops: number | null
  /** A table. */
  toString(): string
}

/**
 * The layers of a model, what each gives and how many parameters it has. A model is applied to an input of a shape, and
 * nothing runs; of a tensor, what lies behind it is the model. Layers are what was built under a scope, as
 * `sequential` and `scope` name it; what has no name stands between them by its ops.
 * @throws SettingError for a model without an `input`; ShapeError where the model refuses it
 * @example console.log(String(summary(net, { input: [-1, 784] })))
 * @example const { parameters } = summary(scores)
 */
export function summary(model: Tensor | SummarizedModel, options?: SummaryOptions): Summary {
  const { input, dtype, depth } = settings<{ input?: Shape; dtype: DType; depth: number }>('summary', options, {
    input: undefined,
    dtype: 'float32',
    depth: Infinity,
  })
  const output = model instanceof Tensor ? model : applied(model, input, dtype)
  const names = model instanceof Tensor ? new Map<Node, SummarizedParameter>() : namesOf(model)
  const seen = new Set<Node>()
  const layers: Draft[] = []
  const byScope = new Map<string, Draft>()
  const layerOf = (node: Node): Draft => {
    const scope = node.origin.scope.split('/').slice(0, depth).join('/')
    const open = scope ? byScope.get(scope) : layers.at(-1)
    if (open && open.scope === scope) return open
    const layer: Draft = { scope, nodes: [], parameters: [] }
    layers.push(layer)
    if (scope) byScope.set(scope, layer)
    return layer
  }
  for (const node of topological([output], (n) => names.has(n))) {
    if (names.has(node) || !isComputed(node)) continue
    const layer = layerOf(node)
    layer.nodes.push(node)
    for (const { node: read } of node.inputs) {
      const parameter = names.get(read) ?? variableOf(read)
      if (!parameter || seen.has(read)) continue
      seen.add(read)
      layer.parameters.push(parameter)
    }
  }
  return withText(summed(layers.map(finished)), summaryText)
}

interface Draft {
  readonly scope: string
  readonly nodes: Node[]
  readonly parameters: SummarizedParameter[]
}

function applied(model: SummarizedModel, shape: Shape | undefined, dtype: DType): Tensor {
  if (!shape)
    throw new SettingError(
      'summary: input, the shape of what the model is applied to, required; write { input: [-1, 784] }, or take ' +
        'net.summary() for its variables alone',
    )
  const [x] = inPlaceOf({ origin: { scope: '', pass: 'forward' } }, () =>
    makeNode(placeholderOp, [], { name: 'input', shape: [...shape], dtype }),
  ).outputs
  return model.apply(x)
}

const isComputed = ({ op: { form } }: Node): boolean =>
  form.kind !== 'leaf' && form.kind !== 'literal' && form.kind !== 'index'

/** What a node is as a parameter, where it reads a variable. */
function variableOf({ op: { form }, attrs, outputs: [t] }: Node): SummarizedParameter | null {
  if (form.kind !== 'leaf' || form.source !== 'variable') return null
  const { name, isState } = attrs as { readonly name: string; readonly isState: boolean }
  return { name, dtype: t.dtype, shape: [...t.shape], isState }
}

function finished({ scope, nodes, parameters }: Draft): SummarizedLayer {
  const [{ shape, dtype }] = nodes.at(-1)!.outputs
  const flops = nodes.map(nodeFlops)
  const known = flops.includes(null) ? null : flops.reduce<number>((sum, n) => sum + n!, 0)
  return { scope, ops: nodes.map((n) => n.op.name), shape: [...shape], dtype, parameters, flops: known }
}

function summed(layers: readonly SummarizedLayer[]): Summary {
  const all = layers.flatMap((l) => l.parameters)
  const count = (list: readonly SummarizedParameter[]): number => list.reduce((sum, p) => sum + sizeOf(p.shape), 0)
  const flops = layers.map((l) => l.flops)
  return {
    layers,
    parameters: count(all.filter((p) => !p.isState)),
    state: count(all.filter((p) => p.isState)),
    bytes: all.reduce((sum, p) => sum + sizeOf(p.shape) * byteSize(p.dtype), 0),
    flops: flops.includes(null) ? null : flops.reduce<number>((sum, n) => sum + n!, 0),
  }
}
