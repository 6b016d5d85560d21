import { during } from '../graph/ambient.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import { NameError } from '../errors.ts'
import { checkAssignable } from './update.ts'
import { toHostArray, type HostArray } from '../host.ts'
import { settings } from '../settings.ts'
import { isFloat, type DType } from '../dtype.ts'
import type { Shape } from '../shape.ts'
import { createStep, type CompiledStep, type Results } from './step.ts'
import { createContext, type Context } from './context.ts'
import type { Engine } from './engine.ts'
import { listed } from './listed.ts'
import { settingOf, Variable, type Setting } from './variable.ts'

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

/** Names that `load` with `partial` left out: variables without a value, values without a variable. */
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
}

export interface VariableEnvironment extends Namespace {
  defaultNamespace(): Namespace
  /** Sets a variable that exists. @throws NameError, ShapeError, DTypeError */
  assign(name: string, value: TensorLike): void
  /** A run of the runtime with this environment's variables. */
  run<T>(body: (ctx: Context) => T | Promise<T>): Promise<T>
  /** A step of one plan: `body` is called once, to build the graph; the updates that it returns are applied after all
   * reads.
   * @example const step = env.compile((ctx) => ({ loss, train: adam().minimize(loss, ctx.variables()) })) */
  compile<R extends Results>(body: (ctx: Context) => R): CompiledStep<R>
  /** Copies of all values by full name, optimizer state included: what io's encodeSafetensors takes. */
  save(): Promise<Map<string, HostArray>>
  /** Sets variables by full name: all that exist must be there and no others, unless `partial`, which gives the names
   * that were left out. Floats of one width are rounded to a variable's of another; a float16 variable gets infinity
   * from 65520 on. Nothing changes if anything is refused.
   * @throws NameError, ShapeError, DTypeError where one is a float and the other is not */
  load(values: ReadonlyMap<string, HostArray>, options?: { readonly partial?: boolean }): LoadReport
  slot(name: string, initial: TensorLike): Tensor
  dispose(): void
}

export function createEnvironment(engine: Engine): VariableEnvironment {
  const variables = new Map<string, Variable>()
  const find = (name: string): Variable => {
    const v = variables.get(name)
    if (!v) throw new NameError(`${name}: no variable of this name; there are ${listed(variables)}; set it first`)
    return v
  }
  const assign = (v: Variable, setting: Setting): void => {
    v.check(setting)
    engine.queue.inTurn(() => v.set(setting))
  }
  const put = (name: string, value: TensorLike, isState: boolean, dtype?: DType): Variable => {
    const have = variables.get(name)
    const setting = settingOf(value, dtype ?? have?.dtype)
    if (have) {
      assign(have, setting)
      return have
    }
    if (!name) throw new NameError('variable: a non-empty name required')
    const v = new Variable(name, setting, isState, environment, engine.owner)
    variables.set(name, v)
    return v
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
      name: (n) => handle(prefix + n),
      namespace: (n) => namespace(`${prefix}${n}/`),
      variableNames: own,
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
    run: (body) => during(engine.owner, () => body(context())),
    compile: (body) => createStep(engine, context(), body),
    slot: (name, initial) => variables.get(name)?.tensor ?? put(name, initial, true).tensor,
    async save() {
      const out = new Map<string, HostArray>()
      // All are asked for now, so that later calls change nothing.
      const values = [...variables.values()].map((v) => engine.read(v).then((value) => out.set(v.name, value)))
      await Promise.all(values)
      return new Map([...variables.keys()].flatMap((name) => (out.has(name) ? [[name, out.get(name)!] as const] : [])))
    },
    load(values, options) {
      const { partial } = settings('load', options, { partial: false })
      const unknown = [...values.keys()].filter((n) => !variables.has(n))
      const missing = [...variables.keys()].filter((n) => !values.has(n))
      if (!partial && (unknown.length || missing.length))
        throw new NameError(
          `load: names must match; missing [${missing.join(', ')}], unknown [${unknown.join(', ')}]; set { ` +
            `partial: true } to take what fits and get the names of the rest`,
        )
      const pairs = [...values].flatMap(([n, value]) => {
        const v = variables.get(n)
        if (!v) return []
        return [[v, isFloat(v.dtype) && isFloat(value.dtype) ? toHostArray(value, v.dtype) : value] as const]
      })
      for (const [v, value] of pairs) checkAssignable(`load: ${v.name}`, v, value)
      for (const [v, value] of pairs) assign(v, settingOf(value))
      return { missing, unknown }
    },
    dispose() {
      const all = [...variables.values()]
      variables.clear()
      engine.queue.inTurn(() => all.forEach((v) => v.dispose()))
    },
  } satisfies Omit<VariableEnvironment, keyof Namespace>)
  return environment
}
