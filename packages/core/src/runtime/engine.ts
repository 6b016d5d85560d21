import { ambient, held, type Evaluates } from '../graph/ambient.ts'
import { Tensor } from '../graph/tensor.ts'
import type { Backend, DeviceBuffer } from '../plan/backend.ts'
import type { Plan } from '../plan/plan.ts'
import { BackendError, NaNError } from '../errors.ts'
import { copyOf, hostArray, type HostArray } from '../host.ts'
import { specialise } from '../compile/specialise.ts'
import { topological } from '../graph/walk.ts'
import type { Registry } from '../graph/registry.ts'
import { withPlans } from './outOfMemory.ts'
import { areSettled, bindInputs, markWritten, resultOf, variablesOf } from './bind.ts'
import { programOf } from './context.ts'
import { executeParts, runPart, type Given, type Verify } from './execute.ts'
import { copyFeeds, FIRST_RUN, type Feeds } from './feeds.ts'
import type { Watch } from './finite.ts'
import type { Prepared } from './planCache.ts'
import { createPrograms, waits } from './programs.ts'
import { createQueue, type Queue } from './queue.ts'
import { settleVariables, type Computed, type Settling } from './settle.ts'
import type { Runnable } from './structure.ts'
import { variableOf, type Variable } from './variable.ts'
import { watching } from './watch.ts'

/** Runs programs in the order in which they are asked for, each step on the first backend that can. */
export interface Engine {
  /** The runtime. */
  readonly owner: Evaluates
  readonly queue: Queue
  /** Those that started, or may. */
  readonly backends: readonly Backend[]
  /** Why the others were left out. */
  readonly unavailable: readonly Error[]
  /** The plans of a program's parts. */
  plans(program: Runnable): Promise<readonly Plan[]>
  /** Resolves to host arrays, or with `keep` to tensors of values that stay on the device. Feeds are read before it
   * returns. */
  run(program: Runnable, feeds: Feeds, keep?: boolean): Promise<(HostArray | Tensor)[]>
  /** @throws BackendError where the backend does not run inline */
  runSync(program: Runnable, feeds: Feeds): HostArray[]
  /** Computes what a variable was set to, in its turn; where that fails, the next call that needs it tries again. */
  settle(variable: Variable): Promise<void>
  /** A copy of a variable's value. */
  read(variable: Variable): Promise<HostArray>
  start(): Promise<void>
  /** Starts backends again whose device was lost, in turn with the calls. */
  recover(): Promise<void>
  close(): Promise<void>
  /** How many programs were compiled. */
  readonly compiled: number
  /** The number of the next evaluation, which random ops draw by. */
  nextEvaluation(): number
}

/** @param isWatched whether runs must give numbers: variables then change when all is known to be finite */
export function createEngine(
  given: readonly Backend[],
  registry: Registry,
  owner: Evaluates,
  isWatched: boolean,
): Engine {
  const backends = [...given]
  const unavailable: Error[] = []
  const queue = createQueue()
  // The structures of runs that have not ended: their plans stay.
  const busy: string[] = []
  const programs = createPrograms(backends, registry, (key) => busy.includes(key), isWatched)
  const { structureOf } = programs
  let evaluations = 0
  let isClosed = false
  let isStarted = false
  let starting: Promise<unknown> | null = null
  let watch: Watch | null = null

  const checkOpen = (): void => {
    if (isClosed) throw new BackendError('runtime: it was closed; create another')
  }
  const watchFor = async (): Promise<Watch> =>
    (watch ??= (await import('./finite.ts')).createWatch({ specialise, topological, hostArray, NaNError }))
  /** Leaves out what is not there: the next backend takes over. Where none is left it throws, as for other errors. */
  async function startAll(): Promise<void> {
    const errors = await Promise.all(backends.map(unavailableError))
    const failed = errors.filter((error) => error !== undefined)
    if (failed.length === backends.length) throw joined(failed)
    backends.splice(0, Infinity, ...backends.filter((_, i) => !errors[i]))
    unavailable.push(...failed)
  }
  async function start(): Promise<void> {
    try {
      await (starting ??= startAll())
      if (isWatched) await watchFor()
      isStarted = true
    } catch (error) {
      // The next call tries again.
      starting = null
      throw error
    }
  }
  const ready = async (): Promise<void> => {
    checkOpen()
    if (!isStarted) await start()
  }
  /** Backends start when they are first asked for, whatever waits before the call. */
  const wake = (): void => {
    if (!isStarted) start().catch(() => undefined)
  }

  async function compute(list: readonly Runnable[], first: Backend): Promise<Computed[]> {
    const order = [first, ...backends.filter((b) => b !== first)]
    // Programs alike share a plan, of which nothing stays.
    const shared = new Map<string, Prepared>()
    const computed: Computed[] = []
    try {
      for (const program of list) {
        const s = structureOf(program)
        const prepared = shared.get(s.key) ?? (await programs.prepare(program, order))
        shared.set(s.key, prepared)
        await settleParts(program, prepared)
        const verify = isWatched ? verified(program, prepared, FIRST_RUN) : undefined
        const values = await programs.makeRoom(() => executeParts(prepared, bindInputs(s, FIRST_RUN), true, verify))
        const { given, backend } = values.get(prepared.results[0])!
        computed.push({ backend, buffer: given as DeviceBuffer })
      }
      return computed
    } catch (error) {
      for (const { buffer } of computed) buffer.dispose()
      throw error
    } finally {
      for (const { parts } of shared.values()) for (const { executable } of parts) executable.dispose()
    }
  }
  const settling: Settling = { compute, makeRoom: programs.makeRoom }
  const ableFor = ({ dtype }: Variable): Backend =>
    backends.find((b) => b.capabilities.dtypes.includes(dtype)) ?? backends[0]
  async function settleParts(program: Runnable, { parts }: Prepared): Promise<void> {
    const s = structureOf(program)
    for (const part of parts) await settleVariables(variablesOf(s, part), part.backend, settling)
  }
  /** What its caller asked for: where memory runs out, the error says what to do. */
  async function advised<T>(program: Runnable, body: () => Promise<T>): Promise<T> {
    try {
      return await body()
    } catch (error) {
      throw await programs.explained(error, program)
    }
  }
  /** Makes a program ready, and its variables. */
  const readied = (program: Runnable): Promise<Prepared> =>
    advised(program, async () => {
      const prepared = await programs.lookUp(program)
      const plans = prepared.parts.map((p) => p.plan)
      await settleParts(program, prepared).catch((error: unknown) => {
        throw withPlans(error, plans)
      })
      return prepared
    })

  const verified =
    (program: Runnable, prepared: Prepared, feeds: Feeds): Verify =>
    (values) =>
      watch!.verify(program, prepared, values, async (outputs) => {
        const further = programOf(outputs, [], feeds)
        const ready = await programs.lookUp(further)
        await settleParts(further, ready)
        return call(further, ready, feeds, false, false) as Promise<HostArray[]>
      })

  /** Runs a program for what it may fail with: variables stay as they are. */
  async function probe(program: Runnable, feeds: Feeds): Promise<[]> {
    await watchFor()
    const prepared = await programs.prepare(program, backends, true)
    try {
      await settleParts(program, prepared)
      const bind = bindInputs(structureOf(program), feeds)
      const values = await executeParts(prepared, bind, true, verified(program, prepared, feeds))
      for (const { given } of values.values()) (given as DeviceBuffer).dispose()
      return []
    } finally {
      for (const { executable } of prepared.parts) executable.dispose()
    }
  }

  /** Calls the backends for a program that is ready. */
  async function call(
    program: Runnable,
    prepared: Prepared,
    feeds: Feeds,
    keep: boolean,
    isVerified = isWatched,
  ): Promise<(HostArray | Tensor)[]> {
    const { parts, results, updates } = prepared
    const s = structureOf(program)
    const bind = bindInputs(s, feeds)
    const [part] = parts
    if (!isVerified && parts.length === 1 && !updates.length) {
      const bound = part.plan.inputs.map((_, i) => bind(part, i))
      const isThere = !bound.some((b) => b instanceof Promise)
      const inputs = isThere ? (bound as Given[]) : await Promise.all(bound.map(async (b) => b))
      markWritten(s, part)
      const given = await runPart(
        part,
        inputs,
        part.plan.outputs.map(() => keep),
      )
      return given.map((g, i) => resultOf(g, part.plan.outputs[i], part.backend, owner))
    }
    const values = await executeParts(prepared, bind, keep, isVerified ? verified(program, prepared, feeds) : undefined)
    for (const { variable, value } of updates) {
      const { given, backend } = values.get(value)!
      variableOf(variable.node).replace(backend, given as DeviceBuffer)
    }
    return results.map((value) => {
      const { given, backend, output } = values.get(value)!
      return resultOf(given, output, backend, owner)
    })
  }

  function runSync(program: Runnable, feeds: Feeds, isVerified = isWatched): HostArray[] {
    checkOpen()
    const prepared = programs.lookUpSync(program)
    const [part, ...rest] = prepared.parts
    if (rest.length || part.executable.runSync === undefined) return waits(part.backend)
    const s = structureOf(program)
    if (!queue.isIdle && variablesOf(s, part).length)
      throw new BackendError('runtime: earlier calls have not ended; await data() instead')
    const bind = bindInputs(s, feeds)
    const inputs = part.plan.inputs.map((_, i) => bind(part, i))
    if (inputs.some((x) => x instanceof Promise)) return waits(part.backend)
    const given = part.executable.runSync(
      inputs as Given[],
      part.plan.outputs.map(() => false),
    )
    const values = given.map((g, i) => resultOf(g, part.plan.outputs[i], part.backend, owner) as HostArray)
    if (isVerified)
      watch!.verifySync(program, values, (outputs) => runSync(programOf(outputs, [], feeds), feeds, false))
    return values
  }

  return watching({
    owner,
    queue,
    backends,
    unavailable,
    async start() {
      checkOpen()
      await start()
    },
    plans: (program) => {
      checkOpen()
      return queue.enter(async () => {
        await ready()
        const { parts } = await advised(program, () => programs.lookUp(program))
        return { done: Promise.resolve(parts.map((p) => p.plan)) }
      })
    },
    async run(program, feeds, keep = false) {
      checkOpen()
      const { isProbing } = ambient
      const s = structureOf(program)
      const known = isStarted && queue.isIdle && !isWatched && !isProbing ? programs.recall(program) : undefined
      if (known && known.parts.length === 1 && areSettled(s, known))
        return held(busy, s.key, () => call(program, known, feeds, keep))
      const own = copyFeeds(feeds)
      wake()
      return held(busy, s.key, () =>
        queue.enter(async () => {
          await ready()
          if (isProbing) return { done: Promise.resolve(await advised(program, () => probe(program, own))) }
          const prepared = await readied(program)
          const done = advised(program, () => call(program, prepared, own, keep))
          // Parts take turns with what moves between them, as does what looks at values; calls after this one wait.
          if (isWatched || prepared.parts.length > 1) await done
          return { done }
        }),
      )
    },
    runSync,
    settle: (variable) =>
      queue.enter(async () => {
        if (variable.pending instanceof Tensor) {
          await ready()
          await settleVariables([variable], ableFor(variable), settling)
        }
        return { done: Promise.resolve() }
      }),
    read(variable) {
      checkOpen()
      return queue.enter(async () => {
        const { pending } = variable
        if (pending && !(pending instanceof Tensor)) return { done: Promise.resolve(copyOf(pending)) }
        await ready()
        const able = ableFor(variable)
        if (pending) await settleVariables([variable], able, settling)
        const home = variable.home ?? able
        const data = home.download(variable.buffer(home))
        return { done: data.then((d) => hostArray(d, variable.shape, variable.dtype)) }
      })
    },
    async recover() {
      checkOpen()
      await queue.enter(async () => {
        // What was prepared is gone with the device.
        programs.dispose()
        await Promise.all(backends.map(async (b) => b.recover?.()))
        return { done: Promise.resolve() }
      })
    },
    async close() {
      isClosed = true
      await starting?.catch(() => undefined)
      programs.dispose()
      await Promise.all(given.map((b) => b.close()))
    },
    nextEvaluation: () => evaluations++,
    get compiled() {
      return programs.compiled
    },
  })
}

/** Starts a backend, or gives its error where what it needs is not there. */
async function unavailableError(backend: Backend): Promise<Error | undefined> {
  try {
    await backend.start()
  } catch (error) {
    if (Object(error).code !== 'BACKEND') throw error
    return error as Error
  }
}

const joined = (errors: readonly Error[]): Error =>
  errors.length > 1 ? new BackendError(errors.map(({ message }) => message).join('; ')) : errors[0]
