import { SettingError } from '../errors.ts'
import { inPlaceOf } from '../graph/ambient.ts'
import { describe, sameMeta } from '../graph/meta.ts'
import { makeNode, type Node } from '../graph/node.ts'
import type { Origin } from '../graph/origin.ts'
import type { Choices } from '../graph/policy.ts'
import { Tensor } from '../graph/tensor.ts'
import { getOrInsert } from '../map.ts'
import { shown } from '../settings.ts'
import type { Pass } from '../plan/plan.ts'
import { sizeOf } from '../shape.ts'
import { ask } from './choose.ts'
import type { Split } from './forward.ts'
import { ofRoots, rootsOf, type Graph } from './program.ts'

/**
 * The graph in which later nodes read values that are computed again. Version 0 of a value is that of the forward pass;
 * version n is made of its inputs' versions n, or their last where they have fewer. Later nodes read last versions.
 * What needs no memory, and what no later node reads, is computed again for each version that is made of it. Of a value
 * that is packed, version 1 is what is unpacked of version 0.
 */
export function recomputed(graph: Graph, split: Split, depths: Choices): Graph {
  const { forward, later } = split
  const versionOf = createVersions(split, depths)

  const wanted = new Map<Node, Set<number>>()
  const want = (t: Tensor, version: number): void => {
    const at = versionOf(t, version)
    if (at) getOrInsert(wanted, t.node, () => new Set<number>()).add(at)
  }
  const isForward = new Set(forward)
  for (const { inputs } of later) for (const t of inputs) if (isForward.has(t.node)) want(t, Infinity)
  for (const node of forward.toReversed())
    for (const version of wanted.get(node) ?? []) for (const t of node.inputs) want(t, version)

  const versions = new Map<Node, Map<number, readonly Tensor[]>>()
  const version = (t: Tensor, asked: number): Tensor => {
    const at = versionOf(t, asked)
    return at ? versions.get(t.node)!.get(at)![t.index] : t
  }
  let position = 0
  const unpacked = (t: Tensor): Tensor | undefined => {
    const packing = depths.get(t)
    if (typeof packing !== 'object') return undefined
    const { scope } = t.node.origin
    const during = (pass: Pass, build: () => Tensor): Tensor => inPlaceOf({ origin: { scope, pass } }, build)
    const packed = ask(() => during('pack', () => packing.pack(t, position)))
    position += sizeOf(t.shape)
    const back = ask(() => during('recompute', () => packing.unpack(packed, t)))
    if (back instanceof Tensor && sameMeta(back, t)) return back
    const got = back instanceof Tensor ? describe(back) : shown(back)
    throw new SettingError(`rematerialise: unpack must give back ${describe(t)}, got ${got}`)
  }
  const origins = new Map<Origin, Origin>()
  for (const node of forward) {
    for (const at of [...(wanted.get(node) ?? [])].sort((a, b) => a - b)) {
      const { op, attrs, tracked } = node
      const origin = getOrInsert(origins, node.origin, () => ({ scope: node.origin.scope, pass: 'recompute' }))
      const inputs = node.inputs.map((t) => version(t, at))
      const { outputs } = makeNode(op, inputs, attrs, { origin, tracked } as Node)
      const own = outputs.map((t, i) => unpacked(node.outputs[i]) ?? t)
      getOrInsert(versions, node, () => new Map<number, readonly Tensor[]>()).set(at, own)
    }
  }

  const replaced = new Map<Node, readonly Tensor[]>()
  const of = (t: Tensor): Tensor => replaced.get(t.node)?.[t.index] ?? t
  for (const node of later) {
    const inputs = node.inputs.map((t) => (isForward.has(t.node) ? version(t, Infinity) : of(t)))
    const isSame = inputs.every((t, i) => t === node.inputs[i])
    if (!isSame) replaced.set(node, makeNode(node.op, inputs, node.attrs, node).outputs)
  }
  return { ...graph, ...ofRoots(rootsOf(graph).map(of), graph) }
}

/** The version that stands for a wanted one. Where a value has no memory, each version has its own: what is computed of
 * it in two places would else be stored for both. */
function createVersions({ forward, sourcesOf, read }: Split, depths: Choices): (t: Tensor, wanted: number) => number {
  const last = new Map<Tensor, number>()
  const passed = new Set<Tensor>()
  const lastOf = (t: Tensor): number => last.get(t) ?? 0
  for (const { op, outputs } of forward) {
    if (op.form.kind === 'leaf') continue
    for (const t of outputs) {
      const sources = sourcesOf(t)
      if (sources.length === 1 && sources[0] === t) {
        const times = depths.get(t) ?? (read.has(t) ? 0 : Infinity)
        last.set(t, typeof times === 'number' ? times : 1)
      } else {
        last.set(t, Math.max(0, ...sources.map(lastOf)))
        passed.add(t)
      }
    }
  }
  return (t, wanted) => (passed.has(t) && wanted < Infinity ? wanted : Math.min(wanted, lastOf(t)))
}
