import type { DType } from '../dtype.ts'
import { getOrInsert } from '../map.ts'
import { sizeOf } from '../shape.ts'
import type { StepContext } from '../graph/op.ts'
import type { Tensor } from '../graph/tensor.ts'
import { behind, demand as demandOf, kindOf, strided } from './demand.ts'
import { createGroups, producers } from './group.ts'
import { loopKernel } from './loop.ts'
import type { Step } from '../plan/plan.ts'
import { assembly, contraction, copyStep, kernelCall, renumbered } from './steps.ts'

/** Steps that run one after another, and what they touch (buffer numbers). */
export interface Work {
  readonly steps: readonly Step[]
  readonly reads: ReadonlySet<number>
  readonly writes: ReadonlySet<number>
  /** Place in graph order. */
  readonly order: number
  readonly fallible: boolean
}

/** Buffers without places yet; `leaf` is bound from outside. */
export interface Storage {
  readonly dtype: DType
  readonly size: number
  readonly leaf: Tensor | null
}

export interface Fused {
  readonly works: readonly Work[]
  readonly buffers: readonly Storage[]
  bufferOf(t: Tensor): number
}

/** Cuts the graph behind `roots` into kernels. A root that is a leaf is copied. `compile` makes plans inside steps. */
export function fuse(roots: readonly Tensor[], enabled: boolean, compile: StepContext['compile']): Fused {
  const demand = demandOf(roots, enabled)
  const buffers: Storage[] = []
  const numbers = new Map<Tensor, number>()
  const stored = (t: Tensor): Tensor => {
    for (;;) {
      const next =
        demand.same.get(t) ??
        (kindOf(t) === 'alias' ? t.node.inputs[0] : kindOf(t) === 'view' && !demand.whole.has(t) ? behind(t) : t)
      if (next === t) return t
      t = next
    }
  }
  const bufferOf = (x: Tensor): number => {
    const t = stored(x)
    return getOrInsert(
      numbers,
      t,
      () => buffers.push({ dtype: t.dtype, size: sizeOf(t.shape), leaf: t.node.op.leaf ? t : null }) - 1,
    )
  }

  const levels = new Map<Tensor, number>()
  const { groups, add } = createGroups(demand, enabled)
  const levelOf = (x: Tensor): number => {
    const t = stored(x)
    return groups.get(t)?.level ?? levels.get(t) ?? 0
  }
  const opaque: { t: Tensor; order: number }[] = []
  // Values that a kernel other than their own reads, so that they are written.
  const read = new Set<Tensor>(roots.map(stored))
  const visit = (t: Tensor, order: number): void => {
    const kind = kindOf(t)
    if (
      kind === 'leaf' ||
      kind === 'alias' ||
      (kind === 'view' && !demand.whole.has(t)) ||
      (kind === 'inline' && demand.inlined(t))
    )
      return
    if (kind === 'inline' || kind === 'reduction' || kind === 'view') {
      add(t, order, levelOf)
      return
    }
    const sources =
      kind === 'contraction'
        ? t.node.inputs.map((x) => strided(x, demand.whole).base)
        : kind === 'kernel'
          ? t.node.inputs
          : t.node.inputs.flatMap((x) => partSources(x))
    const level = 1 + Math.max(0, ...sources.map(levelOf))
    for (const out of t.node.outputs) levels.set(out, level)
    for (const s of sources) read.add(stored(s))
    opaque.push({ t, order })
  }
  // What copying a region reads: as a copy of it would.
  const partSources = (x: Tensor): Tensor[] => {
    const base = behind(x)
    return demand.inlined(base) ? producers(base, demand).map((p) => p.value) : [base]
  }
  demand.order.forEach((node, order) => {
    visit(node.outputs[0], order)
  })

  for (const [t, g] of groups) {
    for (const { value } of g.members.get(t)!) {
      const source = stored(value)
      if (groups.get(source) !== g || value !== source) read.add(source)
    }
  }
  const works: Work[] = []
  for (const g of new Set(groups.values())) {
    const members = [...g.members.keys()]
    const written = members.filter((t) => read.has(t))
    if (written.length)
      works.push(
        work([{ type: 'loop', ...loopKernel(g, written, demand, bufferOf), ...info(members) }], g.order, false),
      )
  }
  const context: StepContext = {
    bufferOf,
    compile,
    copy: copyStep,
    isRead: (t) => read.has(t),
    scratch: (dtype, size) => buffers.push({ dtype, size, leaf: null }) - 1,
  }
  for (const { t, order } of opaque) {
    const tag = info([t])
    const kind = kindOf(t)
    const steps: readonly Step[] =
      kind === 'contraction'
        ? [{ type: 'contraction', ...contraction(t, demand, bufferOf), ...tag }]
        : kind === 'kernel'
          ? (t.node.op.steps?.(t.node, context) ?? [{ type: 'kernel', ...kernelCall(t, bufferOf), ...tag }])
          : assembly(t, demand, bufferOf).map((k) => ({ type: 'loop', ...k, ...tag }))
    works.push(work(steps, order, t.node.op.fallible ?? false))
  }
  // A result that is a leaf is read by no work.
  roots.forEach(bufferOf)
  return { works, buffers, bufferOf }
}

const info = (members: readonly Tensor[]): { label: string; scope: string } => ({
  label: members.map((t) => t.node.op.name).join('+'),
  scope: members[0].node.scope,
})

export function work(steps: readonly Step[], order: number, fallible: boolean): Work {
  const reads = new Set<number>()
  const writes = new Set<number>()
  // What it reads of its own is no input.
  for (const step of steps)
    renumbered(
      step,
      (b) => (reads.add(b), b),
      (b) => (writes.add(b), b),
    )
  for (const b of writes) reads.delete(b)
  return { steps, reads, writes, order, fallible }
}
