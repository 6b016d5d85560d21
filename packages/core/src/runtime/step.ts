import { KernelError, NameError } from '../errors.ts'
import type { HostArray } from '../host.ts'
import type { Program } from '../compile/program.ts'
import type { Plan } from '../plan/plan.ts'
import { ambient, traced } from '../graph/ambient.ts'
import { Tensor } from '../graph/tensor.ts'
import { demand, present, settings } from '../settings.ts'
import { checkPolicy, type Policy } from '../graph/policy.ts'
import { Update } from './update.ts'
import { bindFeeds, programOf, type Context } from './context.ts'
import { getOrInsert } from '../map.ts'
import type { Engine } from './engine.ts'
import type { Feed, Feeds } from './feeds.ts'
import { MAX_PREPARED } from './planCache.ts'
import { isCount } from '../shape.ts'

/** What a step's body returns: results by name, and updates. */
export interface Results {
  readonly [name: string]: Tensor | Update
}
/** What a call of a step resolves to: the results, without the updates. */
export type StepOutput<R extends Results, V = HostArray> = {
  readonly [K in keyof R as R[K] extends Tensor ? K : never]: V
}

type Fed = { readonly [name: string]: Feed }

/** A compiled step: a plan for each combination of feed shapes, run with plain data. A step that fails changes no
 * variable. */
export interface CompiledStep<R extends Results> {
  /** Feeds are host data, or tensors that an earlier call kept. @throws FeedError, IndexError, KernelError */
  (feeds?: Fed): Promise<StepOutput<R>>
  /** Results stay on the device, as tensors to use and dispose. */
  (feeds: Fed, options: { readonly keep: true }): Promise<StepOutput<R, Tensor>>
  /** The plan for feeds of these shapes. @throws KernelError where several backends run it */
  plan(feeds?: Fed): Promise<Plan>
  /** The plans for feeds of these shapes, one for each stretch that a backend runs. */
  plans(feeds?: Fed): Promise<readonly Plan[]>
  /** How often it was called with feeds that it takes; random ops draw by it. To go on with the draws of a run that was
   * saved, set it to what it was there. @throws SettingError for what is no whole number from 0 on */
  runs: number
}

const demandRecord = (owner: string, got: unknown): void => demand(Object(got) === got, owner, 'a record', got)

export interface CompileOptions {
  /** Which forward values are computed again for the backward pass, to save memory; those of
   * `@gradloom/checkpoint`, or a function of each value. Results stay the same to the bit. */
  readonly rematerialise?: Policy | undefined
}

/** @throws NameError where two updates set one variable, SettingError where a policy is none */
export function createStep<R extends Results>(
  engine: Engine,
  context: Context,
  body: (ctx: Context) => R,
  options?: CompileOptions,
): CompiledStep<R> {
  const { rematerialise } = settings<CompileOptions>('compile', options, { rematerialise: undefined }, checkPolicy)
  const made = present(
    'compile',
    traced(() => body(context)),
  )
  demandRecord('compile', made)
  const outputs: { readonly name: string; readonly tensor: Tensor }[] = []
  const updates: { readonly variable: Tensor; readonly value: Tensor }[] = []
  for (const [name, r] of Object.entries<unknown>(made)) {
    if (r instanceof Tensor) outputs.push({ name, tensor: r })
    else {
      demand(r instanceof Update, 'compile', 'tensors and updates by name', r, name)
      for (const [variable, value] of r.assignments) updates.push({ variable, value })
    }
  }
  if (new Set(updates.map((u) => u.variable)).size !== updates.length)
    throw new NameError('compile: a variable is updated twice; join the updates into one value')
  const tensors = outputs.map((o) => o.tensor)
  const programs = new Map<string, Program>()
  let runs = 0
  const bound = (given: Fed = {}): [program: Program, feeds: Feeds] => {
    demandRecord('step', given)
    const feeds = bindFeeds(context.placeholders, Object.entries(given), runs)
    // Placeholders keep their order, so that shapes alone tell; of what is not fed there is none.
    let key = ''
    for (const name of context.placeholders.keys()) key += `${feeds.get(name)?.shape};`
    if (programs.size > MAX_PREPARED) programs.clear()
    return [getOrInsert(programs, key, () => programOf(tensors, updates, feeds, rematerialise)), feeds]
  }
  const step = async (given?: Fed, options?: { readonly keep?: boolean }): Promise<unknown> => {
    const { keep } = settings('step', options, { keep: false })
    const run = bound(given)
    // Before it ends, so that calls that overlap draw apart.
    if (!ambient.isProbing) runs++
    const values = await engine.run(...run, keep)
    return Object.fromEntries(values.map((v, i) => [outputs[i].name, v]))
  }
  const plans = async (given?: Fed): Promise<readonly Plan[]> => engine.plans(bound(given)[0])
  const plan = async (given?: Fed): Promise<Plan> => {
    const [only, ...rest] = await plans(given)
    if (rest.length)
      throw new KernelError(`step: it runs as ${rest.length + 1} plans on several backends; ask for plans()`)
    return only
  }
  return Object.defineProperty(Object.assign(step, { plan, plans }), 'runs', {
    get: () => runs,
    set(count: number) {
      demand(isCount(count), 'step', 'a whole number', count, 'runs')
      runs = count
    },
  }) as CompiledStep<R>
}
