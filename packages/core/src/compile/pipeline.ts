import type { StepContext } from '../graph/form.ts'
import { ambient } from '../graph/ambient.ts'
import { KernelError } from '../errors.ts'
import { numbered } from '../graph/numbering.ts'
import type { Tensor } from '../graph/tensor.ts'
import type { Plan } from '../plan/plan.ts'
import { nestedOf } from '../plan/visit.ts'
import { assign, type Targets } from './assign.ts'
import { scheduleApart, scheduleInPlace } from './commit.ts'
import { arenaBytesOf, arenasOf, cut, type Pieces } from './cut.ts'
import { getOrInsert } from '../map.ts'
import { fuse } from './fuse.ts'
import { recomputeWithin } from './joined.ts'
import { lowering } from './lower.ts'
import { number } from './number.ts'
import { rootsOf, type Compiled, type Graph, type Program, type Target } from './program.ts'
import { rematerialise } from './rematerialise.ts'
import { simplify } from './simplify.ts'
import { specialise } from './specialise.ts'

/**
 * Makes a program runnable on targets, of which each step takes the first that has it:
 * concrete shapes and gradients (specialise), a smaller graph of what targets have (simplify), a target for each node
 * (assign), what the backward pass computes again (rematerialise), kernels (fuse), their order and in-place updates
 * (schedule), memory (cut), and numbers (number).
 * @param isApart variables keep their values: the new ones are results, for the engine to put in place
 * @throws KernelError where no target can run an op, ShapeError where concrete shapes do not fit
 */
export function compile(program: Program, targets: readonly Target[], isApart = false, nested?: Nesting): Compiled {
  const { graph, sourceOf } = specialise(program)
  const simple = byDepth(simplify(graph, lowering(targets)))
  const assigned = assign(targets, rootsOf(simple))
  const make = (g: Graph, inner: Nesting): Pieces =>
    placed(g, g === simple ? assigned : assign(targets, rootsOf(g)), { targets, isApart, inner })
  // What a policy asked about is there as long as the stage remembers its graph. Without segments, nothing within
  // nodes is computed again.
  const known = new WeakMap<Graph, Pieces>()
  const build = (g: Graph, inner: Nesting): Pieces =>
    simple.marks && inner === 'plain' ? make(g, inner) : getOrInsert(known, g, () => make(g, inner))
  const chosen = nested === 'plain' ? simple : decided()
  function decided(): Graph {
    const within = recomputeWithin(simple, (node) => targets[assigned.of(node)])
    return rematerialise(within, program.policy, assigned, (g) => arenaBytesOf(build(g, 'again')))
  }
  const built = build(chosen, nested ?? 'again')
  const isAsWritten = chosen === simple && !simple.marks
  const numbers = number(built, sourceOf)
  const compiled = nested || isAsWritten ? numbers : compared(numbers, build(simple, 'plain'))
  for (const { plan, target } of compiled.parts) ambient.onPlan?.(plan, targets[target].capabilities.limits)
  return compiled
}

/** Whether plans within steps compute again what segments say, or nothing. */
type Nesting = 'again' | 'plain'

interface Planning {
  readonly targets: readonly Target[]
  readonly isApart: boolean
  readonly inner: Nesting
}

/** Kernels in order, with memory. */
function placed(graph: Graph, assigned: Targets, { targets, isApart, inner }: Planning): Pieces {
  const { only } = assigned
  const schedule = numbered((numbers) => {
    const fused = fuse(rootsOf(graph), assigned, numbers, (target) => nestedIn(targets[target], inner))
    return only === null || isApart ? scheduleApart(graph, fused) : scheduleInPlace(graph, fused, only)
  })
  return cut(graph, schedule, targets)
}

/** Plans that say what they would take if they computed nothing again, where they do: in kernels of their own, or on
 * the way of others, which shows in what they take. */
function compared(compiled: Compiled, asWritten: Pieces): Compiled {
  const { parts, arenaBytes } = compiled
  if (arenaBytes === arenaBytesOf(asWritten) && !parts.some(({ plan }) => recomputes(plan))) return compiled
  const plain = arenasOf(asWritten)
  return {
    ...compiled,
    parts: parts.map((part) => ({ ...part, plan: { ...part.plan, plainArenaBytes: plain[part.target] ?? 0 } })),
  }
}

const recomputes = ({ steps }: Plan): boolean =>
  steps.some((s) => s.pass === 'recompute' || nestedOf(s).some((n) => recomputes(n.plan)))

/** Plans within steps of a target write their results over placeholders. */
function nestedIn(target: Target, nesting: Nesting): StepContext['compile'] {
  return (assignments) => {
    const updates = assignments.map(([variable, value]) => ({ variable, value }))
    const { parts } = compile(
      { outputs: [], updates, shapes: new Map(), isKnown: () => false },
      [target],
      false,
      nesting,
    )
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
