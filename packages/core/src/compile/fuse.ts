import type { StepContext } from '../graph/form.ts'
import type { Node } from '../graph/node.ts'
import type { Numbering } from '../graph/numbering.ts'
import type { Origin } from '../graph/origin.ts'
import type { Tensor } from '../graph/tensor.ts'
import { getOrInsert } from '../map.ts'
import type { Apart, KernelCall, Step, StepInfo } from '../plan/plan.ts'
import { accessOf } from '../plan/visit.ts'
import { sizeOf } from '../shape.ts'
import { assembly, copyStep } from './assembly.ts'
import type { Targets } from './assign.ts'
import { contraction } from './contraction.ts'
import { createLoopGroups, type LoopGroup } from './loopGroup.ts'
import { loopKernel } from './loopKernel.ts'
import type { StepGroup, Storage } from './program.ts'
import { decideStorage } from './storage.ts'

export interface Fused {
  readonly groups: readonly StepGroup[]
  /** By number. */
  readonly buffers: readonly Storage[]
  bufferOf(t: Tensor): number
}

/** Plans inside steps, for a target. */
export type CompileNested = (target: number) => StepContext['compile']

/** A step that is no loop over elements, so that nothing joins it. */
interface Opaque {
  readonly t: Tensor
  readonly order: number
  /** A value that is computed before. */
  readonly after: Tensor | null
}

/** Cuts the graph behind `roots` into groups of steps. A root that is a leaf is copied. */
export function fuse(roots: readonly Tensor[], targets: Targets, numbers: Numbering, nested: CompileNested): Fused {
  const stored = decideStorage(roots, targets, numbers)
  const { kindOf, isWhole, holderOf, isInlined, strided, baseOf } = stored
  const buffers: Storage[] = []
  const bufferNumbers = numbers.table<number>()
  const bufferOf = (x: Tensor): number => {
    const t = holderOf(x)
    const leaf = t.node.op.form.kind === 'leaf' ? t : null
    return getOrInsert(bufferNumbers, t, () => buffers.push({ dtype: t.dtype, size: sizeOf(t.shape), leaf }) - 1)
  }

  const levels = numbers.table<number>()
  const loops = createLoopGroups(stored, numbers, {
    targetOf: (t) => targets.of(t.node),
    fuses: targets.fuses,
    maxBuffers: targets.maxBuffers,
    levelOf: (x) => levelOf(x),
  })
  const levelOf = (x: Tensor): number => {
    const t = holderOf(x)
    return loops.groupOf(t)?.level ?? levels.get(t) ?? 0
  }
  // Values that a kernel other than their own reads, so that they are written.
  const read = numbers.table<true>()
  for (const t of roots) read.set(holderOf(t), true)
  const opaque: Opaque[] = []
  const sourcesOf = (t: Tensor): readonly Tensor[] => {
    const { inputs } = t.node
    const kind = kindOf(t)
    if (kind === 'contract') return inputs.map((x) => strided(x, isWhole).base)
    return kind === 'kernel' ? inputs : inputs.flatMap(partSources)
  }
  /** What copying a region reads: as a copy of it would. */
  const partSources = (x: Tensor): Tensor[] => {
    const base = baseOf(x)
    return isInlined(base) ? loops.producersOf(base).map((p) => p.value) : [base]
  }
  // What is computed again waits for what the backward pass has computed before, or it would go with the forward pass.
  let reached: Tensor | null = null
  stored.order.forEach((node, order) => {
    const [t] = node.outputs
    const kind = kindOf(t)
    if (kind === 'leaf' || kind === 'alias') return
    if ((kind === 'view' && !isWhole(t)) || (kind === 'map' && isInlined(t))) return
    const { pass } = node.origin
    const after = pass === 'recompute' ? reached : null
    if (pass === 'backward') reached = t
    if (kind === 'map' || kind === 'reduce' || kind === 'view') {
      loops.add(t, order, after)
      return
    }
    let level = after ? levelOf(after) : 0
    for (const source of sourcesOf(t)) {
      level = Math.max(level, levelOf(source))
      read.set(holderOf(source), true)
    }
    for (const out of node.outputs) levels.set(out, level + 1)
    opaque.push({ t, order, after })
  })
  const all = loops.all()
  for (const g of all) {
    for (const producers of g.members.values()) {
      for (const { value } of producers) {
        const source = holderOf(value)
        if (loops.groupOf(source) !== g || value !== source) read.set(source, true)
      }
    }
  }

  const groups: StepGroup[] = []
  const groupOf = new Map<LoopGroup | Tensor, StepGroup>()
  const waits: { group: StepGroup; after: Iterable<Tensor> }[] = []
  const add = (own: LoopGroup | Tensor, group: StepGroup, after: Iterable<Tensor>): void => {
    groups.push(group)
    groupOf.set(own, group)
    waits.push({ group, after })
  }
  for (const g of all) {
    const members = [...g.members.keys()]
    const written = members.filter((t) => read.has(t))
    if (!written.length) continue
    const kernel = loopKernel(g, written, stored, bufferOf)
    const { origin } = members[0].node
    const step: Step = { type: 'loop', ...kernel, ...infoOf(members, g.apart) }
    add(g, stepGroup([step], { order: g.order, target: g.target, origin }), g.after)
  }
  for (const { t, order, after } of opaque) {
    const { node } = t
    const target = targets.of(node)
    const steps = opaqueSteps(t, target)
    const group = stepGroup(steps, { order, target, origin: node.origin, risk: riskOf(node, order) })
    add(node.outputs[0], group, after ? [after] : [])
  }
  for (const { group, after } of waits)
    for (const t of after) {
      const before = groupOf.get(loops.groupOf(t) ?? t)
      if (before && before !== group) group.after.push(before)
    }
  function riskOf({ op, inputs, attrs, origin }: Node, order: number): string | null {
    // It has not failed on the same values before.
    if (origin.pass === 'recompute') return null
    const risk = op.risk?.(inputs, attrs) ?? null
    return risk && (risk === 'any' ? `step ${order}` : `indices ${bufferOf(risk.indices)} of ${risk.size}`)
  }
  function opaqueSteps(t: Tensor, target: number): readonly Step[] {
    const info = infoOf([t])
    const { form } = t.node.op
    if (form.kind === 'contract') return [{ type: 'contraction', ...contraction(t, stored, bufferOf), ...info }]
    if (form.kind === 'assemble') return assembly(t, stored, bufferOf).map((k) => ({ type: 'loop', ...k, ...info }))
    const context: StepContext = {
      bufferOf,
      compile: nested(target),
      copy: copyStep,
      isRead: (x) => read.has(x),
      scratch: (dtype, size) => buffers.push({ dtype, size, leaf: null }) - 1,
    }
    const steps = form.kind === 'kernel' ? form.steps?.(t.node, context) : undefined
    if (steps) return steps.map((step) => ({ ...info, ...step }))
    return [{ type: 'kernel', ...kernelCall(t.node, bufferOf), ...info }]
  }
  // A result that is a leaf is read by no group.
  roots.forEach(bufferOf)
  return { groups, buffers, bufferOf }
}

function infoOf(members: readonly Tensor[], apart?: Apart): StepInfo {
  const label = members.map((t) => t.node.op.name).join('+')
  const { scope } = members[0].node.origin
  const { pass } = members.at(-1)!.node.origin
  return { label, scope, ...(pass !== 'forward' && { pass }), ...(apart && { apart }) }
}

function kernelCall({ op, attrs, inputs, outputs }: Node, bufferOf: (t: Tensor) => number): KernelCall {
  const flops = op.flops?.(inputs, outputs, attrs)
  const argument = (x: Tensor): KernelCall['inputs'][number] => ({
    buffer: bufferOf(x),
    shape: x.shape,
    dtype: x.dtype,
  })
  const call = { name: op.name, attrs, inputs: inputs.map(argument), outputs: outputs.map(argument) }
  return flops === undefined ? call : { ...call, flops }
}

interface GroupInfo {
  readonly order: number
  readonly target: number
  readonly origin: Origin
  readonly risk?: string | null
}

/** A group of steps; what it reads of its own is no input. */
export function stepGroup(steps: readonly Step[], { risk = null, ...info }: GroupInfo): StepGroup {
  const reads: number[] = []
  const writes: number[] = []
  const accesses = steps.map(accessOf)
  for (const access of accesses) for (const b of access.writes) if (!writes.includes(b)) writes.push(b)
  for (const access of accesses)
    for (const b of access.reads) if (!writes.includes(b) && !reads.includes(b)) reads.push(b)
  return { steps, reads, writes, risk, after: [], ...info }
}
