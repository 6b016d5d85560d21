import { NameError } from '../errors.ts'
import type { ArrayLike, HostArray } from '../host.ts'
import type { Program } from '../compile/compile.ts'
import type { Plan } from '../plan/plan.ts'
import { Tensor } from '../graph/tensor.ts'
import { Update } from './update.ts'
import { bindFeeds, programOf, type Context } from './context.ts'
import { getOrInsert } from '../map.ts'
import { MAX_PREPARED, type Engine } from './engine.ts'

/** What a step's body returns: results by name, and updates. */
export interface Results {
  readonly [name: string]: Tensor | Update
}
/** What a call of a step resolves to: the results, without the updates. */
export type StepOutput<R extends Results, V = HostArray> = {
  readonly [K in keyof R as R[K] extends Tensor ? K : never]: V
}
type Fed = { readonly [name: string]: ArrayLike }

/** A compiled step: a plan for each combination of feed shapes, run with plain data. A step that fails changes no
 * variable. */
export interface CompiledStep<R extends Results> {
  /** @throws FeedError, IndexError, KernelError */
  (feeds?: Fed): Promise<StepOutput<R>>
  /** Results stay on the device, as tensors to use and dispose. */
  (feeds: Fed, options: { readonly keep: true }): Promise<StepOutput<R, Tensor>>
  /** The plan for feeds of these shapes. */
  plan(feeds?: Fed): Promise<Plan>
  /** How often it was called with feeds that it takes; random ops draw by it. */
  readonly runs: number
}

/** @throws NameError where two updates set one variable */
export function createStep<R extends Results>(
  engine: Engine,
  context: Context,
  body: (ctx: Context) => R,
): CompiledStep<R> {
  const results = Object.entries(body(context))
  const outputs = results.flatMap(([name, r]) => (r instanceof Tensor ? [{ name, tensor: r }] : []))
  const assignments = results.flatMap(([, r]) => (r instanceof Update ? r.assignments : []))
  if (new Set(assignments.map(([v]) => v)).size !== assignments.length)
    throw new NameError('compile: a variable is updated twice; join the updates into one value')
  const tensors = outputs.map((o) => o.tensor)
  const programs = new Map<string, Program>()
  let runs = 0
  const bound = (given: Fed = {}): [program: Program, feeds: ReadonlyMap<string, HostArray>] => {
    const feeds = bindFeeds(context.placeholders, Object.entries(given), runs)
    const key = [...feeds]
      .map(([n, f]) => `${n}[${f.shape}]`)
      .sort()
      .join()
    if (programs.size > MAX_PREPARED) programs.clear()
    return [getOrInsert(programs, key, () => programOf(tensors, assignments, feeds)), feeds]
  }
  const step = async (given?: Fed, { keep = false }: { readonly keep?: boolean } = {}): Promise<unknown> => {
    const run = bound(given)
    // Before it ends, so that calls that overlap draw apart.
    runs++
    const values = await engine.run(...run, keep)
    return Object.fromEntries(values.map((v, i) => [outputs[i].name, v]))
  }
  return Object.defineProperty(
    Object.assign(step, { plan: async (given?: Fed) => engine.plan(bound(given)[0]) }),
    'runs',
    { get: () => runs },
  ) as CompiledStep<R>
}
