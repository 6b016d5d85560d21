import { KernelError } from '../errors.ts'
import type { Node } from '../graph/node.ts'
import { inScope } from '../graph/origin.ts'
import type { Tensor } from '../graph/tensor.ts'
import { topological } from '../graph/walk.ts'
import { getOrInsert } from '../map.ts'
import type { Target } from './program.ts'

/** Which target runs what, by their positions in the list of preference. */
export interface Targets {
  /** The one that runs everything; null where it takes several. */
  readonly only: number | null
  of(node: Node): number
  /** Whether a target's kernels may compute several values. */
  fuses(target: number): boolean
  /** How many buffers a kernel of a target may bind. */
  maxBuffers(target: number): number
  /** Whether a target has an op's kernel. */
  hasKernel(target: number, name: string): boolean
}

/** Where a backend does not say: what WebGPU's adapters commonly offer with their default limits raised. */
const MAX_BUFFERS = 24

/** Whether a target can run a node as it is. */
export function canRun(target: Target, node: Node, inputs: readonly Tensor[] = node.inputs): boolean {
  if (!hasDTypes(target, node.outputs) || !hasDTypes(target, inputs)) return false
  return node.op.form.kind !== 'kernel' || hasKernel(target, node)
}

function hasDTypes({ capabilities: { dtypes } }: Target, list: readonly Tensor[]): boolean {
  for (const { dtype } of list) if (!dtypes.includes(dtype)) return false
  return true
}

const isListed = ({ capabilities, kernels }: Target, name: string): boolean =>
  capabilities.kernels.includes(name) || kernels.has(name)

/** Whether it has an op's kernel, and can run the graphs that this runs. */
function hasKernel(target: Target, node: Node): boolean {
  if (!isListed(target, node.op.name)) return false
  return innerNodes(node).every((n) =>
    n.op.decompose ? hasDTypes(target, [...n.outputs, ...n.inputs]) : canRun(target, n),
  )
}

/** The nodes of graphs that an op runs. */
export function innerNodes({ op: { form }, attrs }: Node): readonly Node[] {
  return form.kind === 'kernel' && form.graphs ? topological(form.graphs(attrs)) : []
}

/** Gives each node the first target that can run it, where there is one without decomposing what another has of its
 * graphs; a view stays with what it views. Leaves and literals are anywhere. */
export function assign(targets: readonly Target[], roots: readonly Tensor[]): Targets {
  const fuses = (i: number): boolean => targets[i].capabilities.fuse ?? true
  const maxBuffers = (i: number): number => targets[i].capabilities.limits?.buffersPerKernel ?? MAX_BUFFERS
  const rules = { fuses, maxBuffers, hasKernel: (i: number, name: string) => isListed(targets[i], name) }
  if (targets.length === 1) return { ...rules, only: 0, of: () => 0 }
  const isApart = (target: Target, n: Node): boolean => !canRun(target, n) && targets.some((other) => canRun(other, n))
  const firstFor = (node: Node): number => {
    const able = targets.filter((target) => canRun(target, node))
    const whole = able.find((target) => !innerNodes(node).some((n) => isApart(target, n)))
    return targets.indexOf(whole ?? able[0])
  }
  const known = new Map<Node, number>()
  const of = (node: Node): number =>
    getOrInsert(known, node, () => {
      let base = node
      while (base.op.form.kind === 'view') base = base.inputs[0].node
      const near = base === node ? -1 : of(base)
      if (near >= 0 && canRun(targets[near], node)) return near
      const first = firstFor(node)
      if (first < 0) throw new KernelError(`${node.op.name}: no backend can run it${inScope(node.origin)}`)
      return first
    })
  const used = new Set<number>()
  for (const node of topological(roots)) if (isComputed(node)) used.add(of(node))
  const [only, ...others] = used.size ? used : roots.map(({ node }) => of(node))
  if (others.some((target) => target !== only)) return { ...rules, only: null, of }
  return { ...rules, only: only ?? 0, of: () => only ?? 0 }
}

/** Whether a target computes a node: leaves and literals are anywhere. */
const isComputed = ({ op: { form } }: Node): boolean =>
  form.kind !== 'leaf' && form.kind !== 'literal' && form.kind !== 'index'
