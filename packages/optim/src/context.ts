import { add, full, NameError, type Tensor } from '@gradloom/core'
import { evolve, type Context, type State } from './transformation.ts'

/** Where state lives: variables of an environment, or a record that the caller keeps. */
export interface Store {
  open(name: string, initial: Tensor): State
}

export interface RootContext extends Context {
  readonly reports: { readonly [name: string]: Tensor }
}

/** The context of one step over `params`. */
export function createContext(
  params: readonly Tensor[],
  names: readonly string[],
  loss: Tensor | null,
  store: Store,
): RootContext {
  if (!params.length) throw new NameError('optimizer: at least one parameter required, got none')
  if (new Set(names).size !== names.length)
    throw new NameError(`optimizer: parameters must differ, got [${names.join(', ')}]`)
  const uses = new Map<string, number>()
  const made = new Map<object, unknown>()
  const reports: Record<string, Tensor> = {}
  const context: RootContext = {
    params,
    names,
    loss,
    reports,
    step: () => context.once(createContext, () => countStep(context)),
    state: (name, initial) => {
      const count = (uses.get(name) ?? 0) + 1
      uses.set(name, count)
      return store.open(count === 1 ? name : `${name}~${count}`, initial)
    },
    once: <T>(key: object, make: () => T) => {
      if (!made.has(key)) made.set(key, make())
      return made.get(key) as T
    },
    report: (name, value) => {
      reports[name] = value
    },
  }
  return context
}

/** Counts steps in the state `step` of `context`. */
export const countStep = (context: Context): Tensor =>
  evolve(context, 'step', full([], 0, { dtype: 'int32' }), (n) => add(n, 1))
