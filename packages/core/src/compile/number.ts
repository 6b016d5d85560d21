import type { Tensor } from '../graph/tensor.ts'
import { getOrInsert } from '../map.ts'
import type { Plan, PlanBuffer, PlanInput } from '../plan/plan.ts'
import { renumbered } from '../plan/visit.ts'
import type { Shape } from '../shape.ts'
import { allocate } from './allocate.ts'
import type { Schedule } from './commit.ts'
import type { Compiled, Graph, ProgramPart, Source, StepGroup, Target } from './program.ts'

/** A buffer that a part gives, and the number of the value that it is. */
interface Given {
  readonly buffer: number
  readonly shape: Shape
  readonly value: number
}

/** Stretches of an order that one target runs. */
function stretches(order: readonly StepGroup[]): StepGroup[][] {
  const all: StepGroup[][] = []
  for (const g of order) {
    const last = all.at(-1)
    if (last && last[0].target === g.target) last.push(g)
    else all.push([g])
  }
  return all
}

/** Cuts a schedule into parts, each a plan of its own: buffers that cross from one to another are values. */
export function numberParts(
  graph: Graph,
  schedule: Schedule,
  targets: readonly Target[],
  sourceOf: (leaf: Tensor) => Tensor,
): Compiled {
  const { buffers, results, values, inPlace, written } = schedule
  const isSingle = schedule.only !== null
  const pieces = stretches(schedule.order)
  const stretchOf = new Map<number, number>()
  pieces.forEach((groups, i) => groups.forEach((g) => g.writes.forEach((b) => stretchOf.set(b, i))))

  let valueCount = 0
  const given: Given[][] = pieces.map(() => [])
  // Results that no piece can give, because they are leaves of dtypes that it has not.
  const apart: { target: number; given: Given[] }[] = []
  const hasDType = (target: number, b: number): boolean =>
    targets[target].capabilities.dtypes.includes(buffers[b].dtype)
  /** The number of the value that a buffer is given as. */
  const give = (b: number, shape: Shape = [buffers[b].size]): number => {
    const value = valueCount++
    const at = stretchOf.get(b) ?? pieces.findIndex(([g]) => hasDType(g.target, b))
    if (at >= 0) given[at].push({ buffer: b, shape, value })
    else {
      const target = Math.max(
        0,
        targets.findIndex((_, i) => hasDType(i, b)),
      )
      apart.push({ target, given: [{ buffer: b, shape, value }] })
    }
    return value
  }
  const resultNumbers = results.map((b, i) => give(b, graph.outputs[i].shape))
  const updates = isSingle ? [] : graph.updates.map(({ variable }, i) => ({ variable, value: give(values[i]) }))
  const crossing = new Map<number, number>()
  pieces.forEach((groups, i) => {
    for (const b of groups.flatMap((g) => [...g.reads])) {
      const from = stretchOf.get(b)
      if (from !== undefined && from !== i) getOrInsert(crossing, b, () => give(b))
    }
  })

  const part = (groups: readonly StepGroup[], target: number, gives: readonly Given[]): ProgramPart => {
    const writtenHere = new Set(groups.flatMap((g) => [...g.writes]))
    const isExternal = (b: number): boolean => inPlace.has(b) || buffers[b].leaf !== null || !writtenHere.has(b)
    const kept = new Set([...gives.map((g) => g.buffer), ...(isSingle ? values : [])])
    const { alignment } = targets[target].capabilities.limits ?? {}
    const layout = allocate({ order: groups, buffers, results: kept, isExternal, alignment })

    const numbers = new Map<number, number>()
    const planBuffers: PlanBuffer[] = []
    const inputs: PlanInput[] = []
    const sources: Source[] = []
    const addInput = (b: number): number => {
      const { dtype, size, leaf } = buffers[b]
      const buffer = planBuffers.length
      const form = leaf?.node.op.form
      const { name = '' } = (leaf?.node.attrs ?? {}) as { readonly name?: string }
      const kind = form?.kind === 'leaf' ? form.source : 'value'
      inputs.push({ kind, name, shape: leaf?.shape ?? [size], dtype, buffer, written: written.has(b) })
      sources.push(leaf ? { leaf: sourceOf(leaf) } : { value: crossing.get(b)! })
      return planBuffers.push({ dtype, size, kind: 'input', input: inputs.length - 1 }) - 1
    }
    const use = (b: number): number => {
      const at = inPlace.get(b) ?? b
      return getOrInsert(numbers, at, () => {
        const { dtype, size } = buffers[at]
        const byteOffset = layout.byteOffsets.get(at)
        if (byteOffset === undefined) return addInput(at)
        return planBuffers.push({ dtype, size, kind: 'arena', byteOffset }) - 1
      })
    }
    const steps = groups.flatMap((g) => g.steps).map((s) => renumbered(s, use, use))
    const outputs = gives.map(({ buffer, shape }) => ({
      shape: Object.freeze([...shape]),
      dtype: buffers[buffer].dtype,
      buffer: use(buffer),
    }))
    const plan: Plan = { buffers: planBuffers, steps, inputs, outputs, arenaBytes: layout.byteLength }
    return { target, plan, sources, gives: gives.map((g) => g.value) }
  }
  const parts = [
    ...pieces.map((groups, i) => part(groups, groups[0].target, given[i])),
    ...apart.map(({ target, given: own }) => part([], target, own)),
  ]
  return {
    parts: parts.length ? parts : [part([], schedule.only ?? 0, [])],
    results: resultNumbers,
    updates,
  }
}
