import { ambient, during, type Evaluates } from '../graph/ambient.ts'
import type { Backend } from '../plan/backend.ts'
import { BackendError, NameError } from '../errors.ts'
import type { HostArray } from '../host.ts'
import { demandTensors } from '../graph/apply.ts'
import { createRegistry, type Plugin, type Registry } from '../graph/registry.ts'
import { demandFunction, settings, shown } from '../settings.ts'
import { createContext, programOf, type Context } from './context.ts'
import { createEngine } from './engine.ts'
import { FIRST_RUN } from './feeds.ts'
import { remember, withKept } from './history.ts'
import { createEnvironment, type VariableEnvironment } from './environment.ts'

export interface RuntimeOptions {
  /** In order of preference: a program runs on the first that has everything it needs. One that cannot start, with a
   * BackendError, is left out. */
  readonly backends: readonly Backend[]
  readonly plugins?: readonly Plugin[]
  /** For debugging, at the price of copies: runs whose results or new values of variables are no numbers are
   * refused, by a NaNError that names the op which made the first NaN or infinity. Variables stay as they were. */
  readonly debugNaN?: boolean
}

/** Backends and what is compiled for them. It starts them on first use, and goes on without those that are not there,
 * as long as one is; close it to let a program end. */
export interface Runtime extends Evaluates {
  readonly registry: Registry
  /** In order of preference; once they have started, without those that could not. */
  readonly backends: readonly Backend[]
  /** Once backends have started, an error for each that was left out: its message says what is missing. */
  readonly unavailable: readonly Error[]
  /** How many plans were compiled so far. */
  readonly plansCompiled: number
  /** Calls `body` with a context to build and evaluate graphs in. Until it has ended, this runtime computes tensors
   * that belong to none: those without a placeholder, variable or device value behind them. Where runs of several
   * runtimes overlap, the one that began last does; `ctx.evaluator()` and `evaluate` are always those of their runtime.
   * */
  run<T>(body: (ctx: Context) => T | Promise<T>): Promise<T>
  /** A new, empty environment. */
  variables(): VariableEnvironment
  /** Starts the backends now. @throws BackendError where none can start */
  ready(): Promise<void>
  /** After a DeviceLostError: gives each backend that lost its device another, with variables and kept tensors as the
   * last run that ended left them. Runs that had not ended have failed, and can be called again. */
  recover(): Promise<void>
  memory(): ReturnType<Backend['memory']>[]
  close(): Promise<void>
}

/** @throws BackendError without a backend, NameError where plugins clash
 * @example const rt = createRuntime({ backends: [cpu()] }) */
export function createRuntime(options: RuntimeOptions): Runtime {
  const { backends, plugins, debugNaN } = settings<Required<RuntimeOptions>>('createRuntime', options, {
    backends: [],
    plugins: [],
    debugNaN: false,
  })
  const isBackend = (backend: Partial<Backend> | null | undefined): boolean =>
    [backend?.prepare, backend?.start, backend?.close].every((method) => typeof method === 'function')
  // Array.from sees what a sparse list lacks.
  if (!backends.length || !Array.from(backends, isBackend).every(Boolean)) {
    const got = backends.map(shown).join() || 'none'
    throw new BackendError(`createRuntime: at least one backend required, got ${got}; write { backends: [cpu()] }`)
  }
  const registry = createRegistry(plugins)
  const environments = new Set<VariableEnvironment>()
  const runtime: Runtime = {
    registry,
    get backends() {
      return engine.backends
    },
    get unavailable() {
      return engine.unavailable
    },
    get plansCompiled() {
      return engine.compiled
    },
    async evaluate(tensors) {
      demandTensors('evaluate', tensors)
      const all = withKept(tensors, runtime)
      const values = (await engine.run(programOf(all, [], FIRST_RUN), FIRST_RUN)) as HostArray[]
      remember(all, values, tensors.length)
      return values.slice(0, tensors.length) as never
    },
    evaluateSync(tensors) {
      demandTensors('evaluateSync', tensors)
      const all = withKept(tensors, runtime)
      const values = engine.runSync(programOf(all, [], FIRST_RUN), FIRST_RUN)
      remember(all, values, tensors.length)
      return values.slice(0, tensors.length) as never
    },
    run(body) {
      demandFunction('run', body)
      const noVariable = (name: string): never => {
        throw new NameError(`${name}: this run has no variables; use env.run of an environment`)
      }
      return during(runtime, () => body(createContext(engine, noVariable, () => [])))
    },
    variables: () => createEnvironment(engine, environments),
    ready: () => engine.start(),
    recover: () => engine.recover(),
    memory: () => engine.backends.map((b) => b.memory()),
    async close() {
      for (const e of environments) e.dispose()
      await engine.close()
      if (ambient.runtime === runtime) ambient.runtime = null
    },
  }
  const engine = createEngine(backends, registry, runtime, debugNaN)
  return runtime
}

/** Makes `runtime` the one that computes tensors outside of a run; null for none. */
export const setRuntime = (runtime: Runtime | null): void => {
  if (runtime) demandFunction('setRuntime', runtime.evaluate)
  ambient.runtime = runtime
}
