import type { StepContext } from '../graph/form.ts'
import { ambient } from '../graph/ambient.ts'
import { KernelError } from '../errors.ts'
import { numbered } from '../graph/numbering.ts'
import type { Tensor } from '../graph/tensor.ts'
import type { Plan } from '../plan/plan.ts'
import { assign, type Targets } from './assign.ts'
import { scheduleApart, scheduleInPlace } from './commit.ts'
import { fuse } from './fuse.ts'
import { lowering } from './lower.ts'
import { numberParts } from './number.ts'
import { rootsOf, type Compiled, type Graph, type Program, type Target } from './program.ts'
import { rematerialise } from './rematerialise.ts'
import { simplify } from './simplify.ts'
import { specialise, type Specialised } from './specialise.ts'

/**
 * Makes a program runnable on targets, of which each step takes the first that has it:
 * concrete shapes and gradients (specialise), a smaller graph of what targets have (simplify), a target for each node
 * (assign), what the backward pass computes again (rematerialise), kernels (fuse), their order and in-place updates
 * (schedule), memory and numbers (numberParts).
 * @param isApart variables keep their values: the new ones are results, for the engine to put in place
 * @throws KernelError where no target can run an op, ShapeError where concrete shapes do not fit
 */
export function compile(program: Program, targets: readonly Target[], isApart = false): Compiled {
  const { graph, sourceOf } = specialise(program)
  const simple = byDepth(simplify(graph, lowering(targets)))
  const assigned = assign(targets, rootsOf(simple))
  const build = (g: Graph): Compiled =>
    planned(g, g === simple ? assigned : assign(targets, rootsOf(g)), targets, sourceOf, isApart)
  const chosen = rematerialise(simple, program.policy, assigned, (g) => total(arenasOf(build(g))))
  const compiled = chosen === simple ? build(simple) : compared(build(chosen), () => arenasOf(build(simple)))
  for (const { plan, target } of compiled.parts) ambient.onPlan?.(plan, targets[target].capabilities.limits)
  return compiled
}

/** Kernels in order, with memory and numbers. */
function planned(
  graph: Graph,
  assigned: Targets,
  targets: readonly Target[],
  sourceOf: Specialised['sourceOf'],
  isApart: boolean,
): Compiled {
  const { only } = assigned
  const schedule = numbered((numbers) => {
    const fused = fuse(rootsOf(graph), assigned, numbers, (target) => nestedIn(targets[target]))
    return only === null || isApart ? scheduleApart(graph, fused) : scheduleInPlace(graph, fused, only)
  })
  return numberParts(graph, schedule, targets, sourceOf)
}

/** Bytes of arenas by target, of which each has one, as large as its plans ask. */
export function arenasOf({ parts }: Compiled): number[] {
  const bytes: number[] = []
  for (const { target, plan } of parts) bytes[target] = Math.max(bytes[target] ?? 0, plan.arenaBytes)
  return bytes
}

/** Bytes of all of these arenas. */
export const total = (bytes: readonly number[]): number => bytes.reduce((sum, own) => sum + own, 0)

/** Plans that say what they would take if they computed nothing again, where they do. */
function compared(compiled: Compiled, plainArenas: () => readonly number[]): Compiled {
  const isAgain = ({ plan }: Compiled['parts'][number]): boolean => plan.steps.some((s) => s.pass === 'recompute')
  if (!compiled.parts.some(isAgain)) return compiled
  const bytes = plainArenas()
  const parts = compiled.parts.map((part) => {
    return { ...part, plan: { ...part.plan, plainArenaBytes: bytes[part.target] ?? 0 } }
  })
  return { ...compiled, parts }
}

/** Plans within steps of a target write their results over placeholders. */
function nestedIn(target: Target): StepContext['compile'] {
  return (assignments) => {
    const updates = assignments.map(([variable, value]) => ({ variable, value }))
    const { parts } = compile({ outputs: [], updates, shapes: new Map(), isKnown: () => false }, [target])
    return innerPlan(parts[0])
  }
}

function innerPlan({ plan, sources }: Compiled['parts'][number]): { plan: Plan; sources: Tensor[] } {
  const leaves = sources.map((source) => {
    if (!('leaf' in source)) throw new KernelError('compile: a nested plan of one part required')
    return source.leaf
  })
  return { plan, sources: leaves }
}

/** Updates by how much lies behind them, so that those of the last layers, whose gradients are there first, are made
 * first and free what they read. */
const byDepth = (graph: Graph): Graph => ({
  ...graph,
  updates: graph.updates.toSorted((a, b) => a.value.node.depth - b.value.node.depth),
})
