import type { Capabilities } from '../plan/backend.ts'
import { getOrInsert } from '../map.ts'
import type { Shape } from '../shape.ts'
import type { Node, Tensor } from '../graph/tensor.ts'
import { allocate, canReplace } from './allocate.ts'
import { fuse, work, type Storage, type Work } from './fuse.ts'
import { lowering } from './lower.ts'
import type { Plan, PlanBuffer, PlanInput } from '../plan/plan.ts'
import { schedule } from './schedule.ts'
import { simplify } from './simplify.ts'
import { specialise } from './specialise.ts'
import { copyStep, renumbered } from './steps.ts'

/** What to compile: results and variable assignments of one run, for feeds of these shapes. */
export interface Program {
  readonly outputs: readonly Tensor[]
  readonly assignments: readonly (readonly [Tensor, Tensor])[]
  readonly shapes: ReadonlyMap<string, Shape>
  /** Nodes whose values are there already; see `computed`. */
  readonly isComputed: (node: Node) => boolean
}
export interface Target {
  readonly name: string
  readonly capabilities: Capabilities
  readonly kernels: ReadonlyMap<string, unknown>
}

/** The plan, and for each of its inputs the tensor of the program that it stands for. */
export interface Compiled {
  readonly plan: Plan
  readonly sources: readonly Tensor[]
}

/** Runs the stages. @throws KernelError where the target cannot run an op, ShapeError where concrete shapes do not fit
 * */
export function compile({ outputs, assignments, shapes, isComputed }: Program, target: Target): Compiled {
  const { name, capabilities, kernels } = target
  const variables = assignments.map(([v]) => v)
  const { roots, origins } = specialise(
    [...outputs, ...assignments.map(([, value]) => value), ...variables],
    shapes,
    isComputed,
  )
  const n = outputs.length
  const simple = simplify(roots.slice(0, n + assignments.length), lowering(name, capabilities, kernels))
  const { works, buffers, bufferOf } = fuse(simple, capabilities.fuse ?? true, (inner) =>
    compile({ outputs: [], assignments: inner, shapes: new Map(), isComputed: () => false }, target),
  )
  const targets = roots.slice(n + assignments.length).map(bufferOf)
  const all: Work[] = [...works]
  const storage: Storage[] = [...buffers]

  const copy = (from: number, to: number, meta: Tensor, order: number): Work =>
    work([copyStep(meta, from, to)], order, false)
  // A result that is the old value of a variable is copied before the variable changes.
  const settled = simple.map((t) => {
    const b = bufferOf(t)
    if (!targets.includes(b)) return b
    const snapshot = storage.push({ ...storage[b], leaf: null }) - 1
    all.push(copy(b, snapshot, t, -1))
    return snapshot
  })
  const results = settled.slice(0, n)
  const values = settled.slice(n)

  // A value replaces its variable's buffer where nothing reads that, or its kernel can write there; else it is copied
  // at the end.
  const writer = new Map<number, Work>()
  const read = new Set<number>()
  for (const w of all) {
    for (const b of w.writes) writer.set(b, w)
    for (const b of w.reads) read.add(b)
  }
  const commits = new Map<Work, number[]>()
  const inPlace = values.map((b, i) => {
    const w = writer.get(b)
    if (!w || values.indexOf(b) !== i || (read.has(targets[i]) && !canReplace(w.steps, b, targets[i]))) return false
    getOrInsert(commits, w, () => [] as number[]).push(targets[i])
    return true
  })
  const { order, kept } = schedule(all, commits)
  const moved = new Map<number, number>()
  const ends: Work[] = []
  values.forEach((b, i) => {
    if (inPlace[i] && kept.has(writer.get(b)!)) moved.set(b, targets[i])
    else ends.push(copy(b, targets[i], assignments[i][0], Infinity))
  })
  const steps = [...order, ...ends]
  const external = new Set([...moved.keys(), ...storage.flatMap((s, b) => (s.leaf ? [b] : []))])
  const { offsets, bytes } = allocate(steps, storage, new Set([...results, ...values]), external)

  // Numbers of the plan: inputs that are used, then the arena's.
  const number = new Map<number, number>()
  const planBuffers: PlanBuffer[] = []
  const inputs: PlanInput[] = []
  const sources: Tensor[] = []
  const use = (b: number): number => {
    const at = moved.get(b) ?? b
    return getOrInsert(number, at, () => {
      const { dtype, size, leaf } = storage[at]
      const buffer = planBuffers.length
      if (!leaf) return planBuffers.push({ dtype, size, kind: 'arena', byteOffset: offsets.get(at)! }) - 1
      const { op, attrs } = leaf.node
      const { name = '' } = attrs as { readonly name?: string }
      inputs.push({ kind: op.leaf!, name, shape: leaf.shape, dtype, buffer, written: targets.includes(at) })
      sources.push(origins.get(leaf.node) ?? leaf)
      return planBuffers.push({ dtype, size, kind: 'input', input: inputs.length - 1 }) - 1
    })
  }
  const planSteps = steps.flatMap((w) => w.steps).map((s) => renumbered(s, use, use))
  return {
    plan: {
      buffers: planBuffers,
      steps: planSteps,
      inputs,
      outputs: results.map((b, i) => ({
        shape: Object.freeze([...simple[i].shape]),
        dtype: simple[i].dtype,
        buffer: use(b),
      })),
      arenaBytes: bytes,
    },
    sources,
  }
}
