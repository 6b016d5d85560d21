import { byteSize } from '../dtype.ts'
import type { Node } from '../graph/node.ts'
import type { Numbering } from '../graph/numbering.ts'
import type { Tensor } from '../graph/tensor.ts'
import { topological } from '../graph/walk.ts'
import { sizeOf } from '../shape.ts'
import type { Targets } from './assign.ts'
import { rootsOf, type Graph } from './program.ts'
import { decideStorage } from './storage.ts'

/** A program split where its backward pass begins. */
export interface Split {
  /** Nodes that lie before the backward pass, inputs first. */
  readonly forward: readonly Node[]
  /** Nodes of the backward pass, and what is computed of them, inputs first. */
  readonly later: readonly Node[]
  /** The values with memory, and the leaves, that hold the elements of a forward value: itself where it has memory. */
  sourcesOf(t: Tensor): readonly Tensor[]
  /** Forward values with memory, inputs first. */
  readonly values: readonly Tensor[]
  /** Forward values with memory that later nodes read. */
  readonly read: ReadonlySet<Tensor>
  /** By value, the forward nodes with memory that read it. */
  readonly readers: ReadonlyMap<Tensor, readonly Node[]>
  /** Values that are results. */
  readonly results: ReadonlySet<Tensor>
  /** Operations that computing a value takes, with what is computed on its way. */
  costOf(t: Tensor): number
  readonly bytesOf: (t: Tensor) => number
}

/** Splits a graph; null where it has no backward pass. */
export function splitGraph(graph: Graph, targets: Targets, numbers: Numbering): Split | null {
  const roots = rootsOf(graph)
  const stored = decideStorage(roots, targets, numbers)
  const forward: Node[] = []
  const later: Node[] = []
  const isLater = new Set<Node>()
  // What hangs on little, such as the mask of a dropout, comes where it is read, and not before all else.
  const deepestFirst = ({ inputs }: Node): readonly Tensor[] => inputs.toSorted((a, b) => b.node.depth - a.node.depth)
  for (const node of topological(roots, undefined, deepestFirst)) {
    const isBehind = node.origin.pass !== 'forward' || node.inputs.some((t) => isLater.has(t.node))
    if (isBehind) isLater.add(node)
    ;(isBehind ? later : forward).push(node)
  }
  if (!later.length) return null

  const isLeaf = ({ op: { form } }: Node): boolean => form.kind === 'leaf'
  const hasMemory = (t: Tensor): boolean => stored.holderOf(t) === t && !stored.isInlined(t)
  const passed = new Map<Tensor, readonly Tensor[]>()
  const sourcesOf = (t: Tensor): readonly Tensor[] => passed.get(t) ?? [t]
  const read = new Set<Tensor>()
  const values: Tensor[] = []
  const readers = new Map<Tensor, Node[]>()
  for (const node of forward) {
    const sources = [...new Set(node.inputs.flatMap(sourcesOf))]
    const own = isLeaf(node) ? [] : node.outputs.filter(hasMemory)
    values.push(...own)
    for (const t of node.outputs) if (!isLeaf(node) && !own.includes(t)) passed.set(t, sources)
    if (!own.length) continue
    for (const source of sources) {
      const list = readers.get(source)
      if (list) list.push(node)
      else readers.set(source, [node])
    }
  }
  for (const { inputs } of later)
    for (const t of inputs) {
      if (isLater.has(t.node)) continue
      for (const source of sourcesOf(t)) read.add(source)
    }
  const results = new Set(roots.flatMap((t) => (isLater.has(t.node) ? [] : sourcesOf(t))))
  return {
    forward,
    later,
    sourcesOf,
    values,
    read,
    readers,
    results,
    costOf: (t) => operations(t, stored.costOf(t).weight),
    bytesOf: (t) => sizeOf(t.shape) * byteSize(t.dtype),
  }
}

/** Floating-point operations for one value; `weight` is that of an element of a map. */
function operations({ node, shape }: Tensor, weight: number): number {
  const { op, inputs, outputs, attrs } = node
  const { form } = op
  const size = sizeOf(shape)
  if (form.kind === 'map') return size * weight
  if (form.kind === 'contract') return 2 * size * inputs[0].shape.at(-1)!
  if (form.kind === 'reduce') return sizeOf(inputs[0].shape)
  return op.flops?.(inputs, outputs, attrs) ?? size
}
