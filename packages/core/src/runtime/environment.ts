import { during } from '../graph/ambient.ts'
import { Tensor, type TensorLike } from '../graph/tensor.ts'
import { topological } from '../graph/walk.ts'
import { NameError } from '../errors.ts'
import { checkAssignable } from './update.ts'
import { isHostArray, type HostArray } from '../host.ts'
import { demand, demandFunction, demandList, settings } from '../settings.ts'
import { isFloat, type DType } from '../dtype.ts'
import type { Shape } from '../shape.ts'
import { createStep, type CompiledStep, type CompileOptions, type Results } from './step.ts'
import { createContext, type Context } from './context.ts'
import type { Engine } from './engine.ts'
import { listed } from './listed.ts'
import { isVariable, settingOf, Variable, type Setting } from './variable.ts'

/** A place for a variable of a name, whether or not it is set yet. */
export interface VariableHandle {
  readonly name: string
  readonly isSet: boolean
  /** Sets the value and, the first time, shape and dtype, and whether it is `state`: saved and loaded with the rest,
   * not listed as a parameter. @throws ShapeError, DTypeError where it had others */
  set(value: TensorLike, options?: { readonly dtype?: DType; readonly state?: boolean }): void
  /** A copy of the value. @throws NameError where it was never set */
  get(): Promise<HostArray>
  readonly shape: Shape
  readonly dtype: DType
  /** The tensor that reads it, as `ctx.variable` gives it. @throws NameError where it was never set */
  readonly tensor: Tensor
}

/** Names that a partial `load` left out: variables without a value, values without a variable. */
export interface LoadReport {
  readonly missing: readonly string[]
  readonly unknown: readonly string[]
}

/** Variables under a common prefix: `namespace('head').name('w')` is `head/w`. Iteration is in the order of first
 * setting. */
export interface Namespace extends Iterable<[name: string, variable: VariableHandle]> {
  name(name: string): VariableHandle
  namespace(name: string): Namespace
  /** Names within this namespace, without its prefix. */
  variableNames(): string[]
  /** Copies of all values by name, optimizer state included, or those of `names`: what io's encodeSafetensors takes.
   * @throws NameError; BackendError once the runtime was closed */
  save(options?: { readonly names?: readonly string[] }): Promise<Map<string, HostArray>>
  /** Sets variables by name: all that exist here, or `names`, must be there and no others, unless `partial`. It gives
   * the names that were left out. Floats of one width are rounded to a variable's of another; a float16 variable gets
   * infinity for what is beyond 65504. Nothing changes if anything is refused.
   * @throws NameError, ShapeError, DTypeError where one is a float and the other is not */
  load(
    values: ReadonlyMap<string, HostArray>,
    options?: { readonly partial?: boolean; readonly names?: readonly string[] },
  ): LoadReport
}

export interface VariableEnvironment extends Namespace {
  defaultNamespace(): Namespace
  /** Sets a variable that exists. @throws NameError, ShapeError, DTypeError */
  assign(name: string, value: TensorLike): void
  /** A run of the runtime with this environment's variables. */
  run<T>(body: (ctx: Context) => T | Promise<T>): Promise<T>
  /** A step of one plan: `body` is called once, to build the graph; the updates that it returns are applied after all
   * reads. `rematerialise` computes forward values again in the backward pass where that saves memory.
   * @example const step = env.compile((ctx) => ({ loss, train: adam().minimize(loss, ctx.variables()) })) */
  compile<R extends Results>(body: (ctx: Context) => R, options?: CompileOptions): CompiledStep<R>
  slot(name: string, initial: TensorLike): Tensor
  claim(namespace: string, owner: string): void
  dispose(): void
}

/** @param holders environments that have variables, which last as long as the runtime */
export function createEnvironment(engine: Engine, holders: Set<VariableEnvironment>): VariableEnvironment {
  const variables = new Map<string, Variable>()
  const owners = new Map<string, string>()
  const named = (name: string): string => {
    demand(typeof name === 'string', 'variable', 'a name', name)
    return name
  }
  const find = (name: string): Variable => {
    named(name)
    const v = variables.get(name)
    if (!v)
      throw new NameError(
        `${name}: no variable of this name; there are ${listed(variables)}; set it first, in a runtime that is open`,
      )
    return v
  }
  /** What is computed of other variables is computed of what they are now: later calls may change them. */
  const settle = (v: Variable, setting: Setting): void => {
    const readsVariables = setting instanceof Tensor && topological([setting]).some(isVariable)
    if (readsVariables) engine.settle(v).catch(() => undefined)
  }
  const assign = (v: Variable, setting: Setting): void => {
    v.check(setting)
    engine.queue.inTurn(() => v.set(setting))
    settle(v, setting)
  }
  const put = (name: string, value: TensorLike, isState: boolean, dtype?: DType): Variable => {
    const have = variables.get(name)
    const setting = settingOf(value, dtype ?? have?.dtype)
    if (have) {
      assign(have, setting)
      return have
    }
    if (!named(name)) throw new NameError('variable: a non-empty name required')
    const v = new Variable(name, setting, isState, environment, engine.owner)
    variables.set(name, v)
    holders.add(environment)
    settle(v, setting)
    return v
  }
  const forget = (isGone: (v: Variable) => boolean): void => {
    const all = [...variables.values()].filter(isGone)
    for (const v of all) variables.delete(v.name)
    engine.queue.inTurn(() => all.forEach((v) => v.dispose()))
  }
  const handle = (name: string): VariableHandle => ({
    name,
    get isSet() {
      return variables.has(name)
    },
    get shape() {
      return find(name).shape
    },
    get dtype() {
      return find(name).dtype
    },
    get tensor() {
      return find(name).tensor
    },
    set: (value, options) => {
      const { dtype, state } = settings<{ dtype?: DType; state: boolean }>('set', options, {
        dtype: undefined,
        state: false,
      })
      put(name, value, state, dtype)
    },
    get: async () => engine.read(find(name)),
  })
  const namespace = (prefix: string): Namespace => {
    const own = (): string[] =>
      [...variables.keys()].filter((n) => n.startsWith(prefix)).map((n) => n.slice(prefix.length))
    return {
      name: (n) => handle(prefix + named(n)),
      namespace: (n) => namespace(`${prefix}${named(n)}/`),
      variableNames: own,
      async save(options) {
        const { names = own() } = settings<{ names?: readonly string[] }>('save', options, { names: undefined })
        demandList('save', names)
        // Of a runtime that was closed there would be an empty file.
        engine.checkOpen()
        // All are asked for now, so that later calls change nothing.
        const values = await Promise.all(Array.from(names, (n) => engine.read(find(prefix + named(n)))))
        return new Map(names.map((n, i) => [n, values[i]]))
      },
      load(values, options) {
        const { partial, names = own() } = settings<{ partial: boolean; names?: readonly string[] }>('load', options, {
          partial: false,
          names: undefined,
        })
        demand(values instanceof Map, 'load', 'a Map, as tensors of a file,', values)
        demandList('load', names)
        const known = new Set(names.map(named))
        const unknown = [...values.keys()].filter((n) => !known.has(named(n)))
        const missing = names.filter((n) => !values.has(n))
        if (!partial && (unknown.length || missing.length))
          throw new NameError(
            `load: names must match; missing [${missing.join(', ')}], unknown [${unknown.join(', ')}]; ` +
              (options?.names ? 'load what env.save() gave by env.load' : 'compile the step first') +
              `, for the optimizer's, or set { partial: true } to take what fits and get the names of the rest`,
          )
        const pairs = [...values].flatMap(([n, value]) => {
          if (!known.has(n)) return []
          demand(isHostArray(value), 'load', 'a host array', value, n)
          const v = find(prefix + n)
          return [[v, settingOf(value, isFloat(v.dtype) && isFloat(value.dtype) ? v.dtype : undefined)] as const]
        })
        for (const [v, setting] of pairs) checkAssignable(`load: ${v.name}`, v, setting)
        for (const [v, setting] of pairs) assign(v, setting)
        return { missing, unknown }
      },
      [Symbol.iterator]: () =>
        own()
          .map((n): [string, VariableHandle] => [n, handle(prefix + n)])
          [Symbol.iterator](),
    }
  }
  const parameters = (): Tensor[] => [...variables.values()].filter((v) => !v.isState).map((v) => v.tensor)
  const context = (): Context => createContext(engine, (name) => find(name).tensor, parameters)
  const environment: VariableEnvironment = Object.assign(namespace(''), {
    defaultNamespace: () => namespace(''),
    assign: (name, value) => {
      assign(find(name), settingOf(value, find(name).dtype))
    },
    run(body) {
      demandFunction('run', body)
      return during(engine.owner, () => body(context()))
    },
    compile(body, options) {
      demandFunction('compile', body)
      return createStep(engine, context(), body, options)
    },
    slot(name, initial) {
      const v = variables.get(named(name)) ?? put(name, initial, true)
      if (!v.isState) throw new NameError(`${name}: it is a parameter; give the state beside it another name`)
      return v.tensor
    },
    claim(name, owner) {
      if ((owners.get(named(name)) ?? owner) !== owner) forget((v) => v.isState && v.name.startsWith(`${name}/`))
      owners.set(name, owner)
    },
    dispose() {
      forget(() => true)
      holders.delete(environment)
    },
  } satisfies Omit<VariableEnvironment, keyof Namespace>)
  return environment
}
