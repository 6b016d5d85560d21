import type { HostArray } from '../host.ts'
import type { Backend, Bindings, Executable, Limits } from '../plan/backend.ts'
import type { Plan } from '../plan/plan.ts'
import type { Node } from './node.ts'
import { demand, demandFunction, present } from '../settings.ts'
import { placed, UNNAMED, type Origin } from './origin.ts'
import type { Mark } from './policy.ts'
import type { Tensor } from './tensor.ts'

/** A `V` for each of these tensors, in a list of the same length. */
export type EachAs<T extends readonly Tensor[], V> = { -readonly [K in keyof T]: V }

/** What can compute tensors: a runtime, as tensors see it. */
export interface Evaluates {
  evaluate<const T extends readonly Tensor[]>(tensors: T): Promise<EachAs<T, HostArray>>
  evaluateSync<const T extends readonly Tensor[]>(tensors: T): EachAs<T, HostArray>
}

/** A plan, and what runs it. */
export interface Runs {
  readonly plan: Plan
  readonly executable: Executable
  readonly backend: Backend
}

/** A value that is to be kept, and how many evaluations have gone by without it. */
export interface Awaited {
  readonly tensor: Tensor
  passed: number
}

/** The dynamic context of graph building: the only module-level state of the package. Functions that change it restore
 * it before they return, so it never crosses an await, but for these: `runtime`, which `setRuntime` sets for good,
 * `runs`, those that have not ended, which last as long as their bodies, `hooks` and `hookings`, how many hooks of
 * tensors there are and how often that changed, `awaited`, values to be kept that nothing has computed yet, and three
 * that tools set: `onPlan` to see every plan as it is compiled,
 * plans within steps before those around them, and what its backend asks of plans; `onRun` to run plans in place of
 * their executables, as it may by these; `isProbing`, while a run is asked for, to have it give no results and change
 * nothing, but fail with a NaNError where it makes a NaN or an infinity. */
export const ambient: {
  origin: Origin
  tracking: boolean
  counter: Tensor | null
  runtime: Evaluates | null
  runs: { readonly runtime: Evaluates }[]
  walks: number
  nodes: number
  hooks: number
  hookings: number
  awaited: Awaited[]
  lastPass: number
  /** Passes that number nodes and have not ended. */
  passes: number[]
  onPlan: ((plan: Plan, limits?: Limits) => void) | null
  onRun: ((part: Runs, inputs: Bindings, keep: readonly boolean[]) => ReturnType<Executable['run']>) | null
  isProbing: boolean
} = {
  origin: UNNAMED,
  tracking: true,
  counter: null,
  runtime: null,
  runs: [],
  walks: 0,
  nodes: 0,
  hooks: 0,
  hookings: 0,
  awaited: [],
  lastPass: 0,
  passes: [],
  onPlan: null,
  onRun: null,
  isProbing: false,
}

/** What `within` changes. */
type Surroundings = Pick<typeof ambient, 'origin' | 'tracking' | 'counter' | 'awaited'>

function within<T>(change: Partial<Surroundings>, body: () => T): T {
  demandFunction('scope', body)
  const { origin, tracking, counter, awaited } = ambient
  ambient.origin = change.origin ?? origin
  ambient.tracking = change.tracking ?? tracking
  ambient.counter = change.counter ?? counter
  ambient.awaited = change.awaited ?? awaited
  try {
    return body()
  } finally {
    ambient.origin = origin
    ambient.tracking = tracking
    ambient.counter = counter
    ambient.awaited = awaited
  }
}

/** The runtime of the run that began last of those that have not ended, else the one that was set. */
export const currentRuntime = (): Evaluates | null => ambient.runs.at(-1)?.runtime ?? ambient.runtime

/** Makes `runtime` the current one until `body` has ended; runs may end in any order. */
export const during = <T>(runtime: Evaluates, body: () => T | Promise<T>): Promise<T> =>
  held(ambient.runs, { runtime }, body)

/** Names what `body` builds: plans, traces and errors quote the path, such as `encoder/attention`.
 * @example const h = scope('encoder', () => relu(matmul(x, w))) */
export function scope<T>(name: string, body: () => T): T {
  demand(typeof name === 'string', 'scope', 'a name', name)
  demandFunction('scope', body)
  const outer = ambient.origin
  const origin = { ...outer, scope: outer.scope ? `${outer.scope}/${name}` : name }
  return within({ origin }, () => {
    try {
      return present('scope', body())
    } catch (error) {
      throw placed(error, origin)
    }
  })
}

/** What `body` builds, synchronously, belongs to a segment. Inner segments lie within outer ones. */
export const marked = <T>(mark: Mark, body: () => T): T => {
  const { origin } = ambient
  return within({ origin: { ...origin, marks: [...(origin.marks ?? []), mark] } }, body)
}

/** What `body` builds, synchronously, is a constant to gradients. */
export const noGrad = <T>(body: () => T): T => present('noGrad', within({ tracking: false }, body))

/** `body` builds what stands for a node: at its place, and open to gradients only if that was. */
export const inPlaceOf = <T>(
  { origin, tracked = ambient.tracking }: { readonly origin: Origin; readonly tracked?: boolean },
  body: () => T,
): T => within({ origin, tracking: tracked }, body)

/** Calls `body` with a function that goes to a node's place: what is built from then on stands for that node. */
export const inPlaces = <T>(body: (at: (node: Pick<Node, 'origin' | 'tracked'>) => void) => T): T =>
  within({}, () =>
    body(({ origin, tracked }) => {
      ambient.origin = origin
      ambient.tracking = tracked
    }),
  )

/** Evaluations await nothing that `body` builds: its values are those of runs. */
export const traced = <T>(body: () => T): T => within({ awaited: [] }, body)

/** Random draws that `body` makes follow `counter` instead of the number of the run. */
export const countedBy = <T>(counter: Tensor, body: () => T): T => within({ counter }, body)

/** Keeps `item` in `list` until `body` has ended. */
export async function held<I, T>(list: I[], item: I, body: () => T | Promise<T>): Promise<T> {
  list.push(item)
  try {
    return await body()
  } finally {
    list.splice(list.indexOf(item), 1)
  }
}
