import { KernelError, type Cond, type Plan, type Scan, type Step } from '@gradloom/core'
import { accessOf, nestedOf } from '@gradloom/core/extend'
import { ALIGNMENT, aligned, threadsOf, type KernelLimits } from '../device/limits.ts'
import { contractionDispatches } from '../kernels/contraction.ts'
import type { FaultOf, KernelContext } from '../kernels/context.ts'
import { builtIn } from '../kernels/index.ts'
import { pluginKernel } from '../kernels/plugin.ts'
import type { Tuning } from '../kernels/tuning.ts'
import { loopDispatches } from '../loop/loop.ts'
import type { Library } from '../wgsl/library.ts'
import type { Draft, Guards } from '../wgsl/draft.ts'
import { createShader } from '../wgsl/shader.ts'
import { checkCounts } from './counts.ts'
import type { Dispatch } from './dispatch.ts'
import { FAULT, FAULT_WORDS } from './fault.ts'
import { joinEpilogues, type Joined } from './epilogues.ts'
import { merged } from './merge.ts'
import { isMove, moveOf } from './moves.ts'
import { ARENA, nestedPlaces, placesOf, type Place, type Places } from './place.ts'
import type { Program } from './program.ts'
import { inputsToCopy } from './staging.ts'
import { unrolled, type Item } from './unroll.ts'

/** Ops whose kernels refuse values. */
const FALLIBLE = ['take', 'takeAlongAxis', 'scatterAdd', 'scatterAddAlongAxis', 'checkIndices']

const canFail = (steps: readonly Step[]): boolean =>
  steps.some(
    (s) => (s.type === 'kernel' && FALLIBLE.includes(s.name)) || nestedOf(s).some(({ plan }) => canFail(plan.steps)),
  )

const writesInputs = (step: Step, places: Places): boolean =>
  accessOf(step).writes.some((b) => places[b].root !== ARENA)

export function compilePlan(
  plan: Plan,
  plugins: ReadonlyMap<string, unknown>,
  limits: KernelLimits,
  library: Library,
  tuning: Tuning,
): Program {
  const faults: FaultOf[] = []
  const scratchStart = aligned(plan.arenaBytes)
  let scratchBytes = 0
  let controlWords = FAULT_WORDS
  const fails = canFail(plan.steps)
  const stepsOf = new Map<Draft, readonly number[]>()
  const numbers = new Map(plan.steps.map((step, i) => [step, i]))
  // Steps of plans within steps are these steps'.
  let current = 0
  const doing = (dispatch: Dispatch, steps: readonly number[] = []): Item => {
    for (const draft of dispatch.drafts) stepsOf.set(draft, steps.length ? steps : [current])
    return { dispatch }
  }

  /** Adds what a step does, by the places of its plan's buffers. */
  const compile = (
    { step, epilogues, prologue, pooling }: Joined,
    places: Places,
    guards: Guards,
    depth: number,
  ): Item[] => {
    current = numbers.get(step) ?? current
    if (step.type === 'scan') return [compileScan(step, places, guards, depth)]
    if (step.type === 'cond') return compileCond(step, places, guards, depth)
    if (isMove(step)) return [{ move: moveOf(step, current, (buffer) => places[buffer]) }]
    // A run that fails leaves its inputs as they were.
    const whole: Step[] = [
      ...(prologue ? [prologue] : []),
      step,
      ...epilogues.map(({ loop }) => ({ type: 'loop' as const, ...loop })),
      ...(pooling ? [pooling] : []),
    ]
    checkCounts(whole)
    const writesInput = fails && whole.some((s) => writesInputs(s, places))
    const stops = writesInput ? [FAULT.number, ...guards] : guards
    const label = whole.map((s) => s.label).join('+')
    let used = 0
    const all = [...places]
    const scratch = (byteLength: number): number => {
      const byteOffset = scratchStart + used
      used += aligned(byteLength)
      scratchBytes = Math.max(scratchBytes, used)
      return (
        all.push({ root: ARENA, byteOffset, byteLength: Math.max(4, byteLength), base: null, isWritable: true }) - 1
      )
    }
    const copies = new Map(
      inputsToCopy(whole, places, limits).map((p) => [p.root, { from: p, to: all[scratch(p.byteLength)] }]),
    )
    const place = (buffer: number): Place => {
      const own = all[buffer]
      const copy = copies.get(own.root)
      return copy ? { ...copy.to, base: own.base } : own
    }
    const context: KernelContext = {
      limits,
      tuning,
      epilogues,
      prologue,
      pooling,
      label,
      place,
      scratch,
      shader: (own = label) => createShader(own, limits, library, stops, place),
      fault: (describe) => faults.push(describe),
    }
    const copying = [...copies.values()].flatMap(({ from, to }) => copyDispatches(from, to, context))
    const done = [step, prologue, ...epilogues.map((e) => e.loop), pooling].flatMap((s) => numbers.get(s as Step) ?? [])
    return [...copying, ...dispatchesOf(step, context)].map((dispatch) => doing(dispatch, done))
  }
  const dispatchesOf = (step: Exclude<Step, Scan | Cond>, context: KernelContext): Dispatch[] => {
    if (step.type === 'loop') return loopDispatches(step, context)
    if (step.type === 'contraction') return contractionDispatches(step, context)
    const kernel = plugins.has(step.name) ? pluginKernel(step.name, plugins.get(step.name)) : builtIn.get(step.name)
    if (!kernel)
      throw new KernelError(`${step.name}: no kernel in the webgpu backend; add a backend that has one, such as cpu()`)
    return kernel(step, context)
  }
  const compileScan = (step: Scan, places: Places, guards: Guards, depth: number): Item => {
    const inner = nestedPlaces(step, places, depth)
    const items = compileAll(step.plan, inner, guards, depth + 1)
    return { length: step.length, isReverse: step.reverse, items }
  }
  /** Kernels between loops and branches, as few as they can be. */
  const inRuns = (items: readonly Item[]): Item[] => {
    const done: Item[] = []
    let run: Dispatch[] = []
    const end = (): void => {
      for (const dispatch of merged(run, limits, library)) done.push({ dispatch })
      run = []
    }
    for (const item of items) {
      if ('dispatch' in item) run.push(item.dispatch)
      else {
        end()
        done.push(item)
      }
    }
    end()
    return done
  }
  const compileAll = (inner: Plan, places: Places, guards: Guards, depth: number): Item[] => {
    const minds = (before: Step, loop: Step): boolean => canFail([before]) && writesInputs(loop, places)
    return inRuns(joinEpilogues(inner, places, minds, plugins).flatMap((j) => compile(j, places, guards, depth)))
  }
  /** Both branches are recorded; a word for each stops the one that is not taken. */
  const compileCond = (step: Cond, places: Places, guards: Guards, depth: number): Item[] => {
    const first = controlWords
    controlWords += 2
    // What guards the branches stops them, whatever it chooses.
    const shader = createShader('cond', limits, library, [], (buffer) => places[buffer])
    const predicate = shader.of({ buffer: step.predicate, dtype: 'bool' })
    const choose = shader.finish({
      body: `if (thread == 0u) {
let taken = ${predicate.get('0')};
control[${first}] = select(1u, 0u, taken);
control[${first + 1}] = select(0u, 1u, taken);
}`,
      threads: threadsOf(limits, 1),
      workgroups: 1,
      reports: true,
    })
    const branches = step.branches.map((branch, i): Item => {
      const inner = nestedPlaces(branch, places, depth)
      const own = [...guards, first + i]
      return {
        length: 1,
        isReverse: false,
        items: compileAll(branch.plan, inner, own, depth + 1),
      }
    })
    return [doing(choose), ...branches]
  }

  const places = placesOf(plan)
  const items = compileAll(plan, places, [], 0)
  const { dispatches, commands, blocks } = unrolled(items)
  return {
    dispatches,
    commands,
    blocks,
    arenaBytes: scratchStart + aligned(scratchBytes) + ALIGNMENT,
    hostBytes: commands.reduce(
      (most, c) => ('place' in c ? Math.max(most, c.byteOffset + c.place.byteLength) : most),
      0,
    ),
    controlWords: fails || controlWords > FAULT_WORDS ? controlWords : 0,
    faults,
    stepsOf,
  }
}

/** Copies the words of one place to another. */
function copyDispatches(from: Place, to: Place, context: KernelContext): Dispatch[] {
  const shader = context.shader()
  const source = shader.array(from, 'uint32')
  const target = shader.array(to, 'uint32')
  return shader.forEach([from.byteLength / 4], ['i'], target.set('i', source.get('i')))
}
