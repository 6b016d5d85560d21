import { ambient, held, type Evaluates } from '../graph/ambient.ts'
import { Tensor } from '../graph/tensor.ts'
import type { Backend } from '../plan/backend.ts'
import type { Plan } from '../plan/plan.ts'
import { BackendError } from '../errors.ts'
import { copyOf, hostArray, type HostArray } from '../host.ts'
import type { Registry } from '../graph/registry.ts'
import { withPlans } from './outOfMemory.ts'
import { isReady } from './bind.ts'
import { createCalls } from './calls.ts'
import { createNet } from './dropped.ts'
import { copyFeeds, FIRST_RUN, type Feeds } from './feeds.ts'
import type { Prepared } from './planCache.ts'
import { createPrograms } from './programs.ts'
import { createQueue, type Queue } from './queue.ts'
import { createSettling } from './settle.ts'
import { createStarting } from './starting.ts'
import type { Runnable } from './structure.ts'
import type { Variable } from './variable.ts'
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
  /** @throws BackendError once it was closed */
  checkOpen(): void
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
  // The programs of runs that have not ended: their plans stay.
  const busy: Runnable[] = []
  const isBusy = (key: string): boolean => busy.some(({ structure }) => structure?.key === key)
  const programs = createPrograms(backends, registry, isBusy, isWatched)
  const { structureOf } = programs
  let evaluations = 0
  let isClosed = false

  const { settle, settleParts } = createSettling(programs, backends, owner, (program, prepared) =>
    isWatched ? calls.verified(program, prepared, FIRST_RUN) : undefined,
  )
  const calls = createCalls(programs, backends, queue, settleParts, owner, isWatched)
  const { call, callSync, probe } = calls
  const netted = createNet()
  const starting = createStarting(backends, unavailable, async () => isWatched && calls.watchFor())
  const checkOpen = (): void => {
    if (isClosed) throw new BackendError('runtime: it was closed; create another')
  }
  const ready = async (): Promise<void> => {
    checkOpen()
    if (!starting.isStarted) await starting.start()
  }
  /** Backends start when they are first asked for, whatever waits before the call. */
  const wake = (): void => {
    if (!starting.isStarted) starting.start().catch(() => undefined)
  }
  const ableFor = ({ dtype }: Variable): Backend =>
    backends.find((b) => b.capabilities.dtypes.includes(dtype)) ?? backends[0]
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

  async function run(program: Runnable, feeds: Feeds, keep: boolean): Promise<(HostArray | Tensor)[]> {
    checkOpen()
    const { isProbing } = ambient
    const s = structureOf(program)
    const known = starting.isStarted && queue.isIdle && !isWatched && !isProbing ? programs.recall(program) : undefined
    if (known && isReady(s, known, feeds)) return held(busy, program, () => call(program, known, feeds, keep))
    const own = copyFeeds(feeds)
    wake()
    return held(busy, program, () =>
      queue.enter(async () => {
        await ready()
        if (isProbing) return { done: Promise.resolve(await advised(program, () => probe(program, own))) }
        const prepared = await readied(program)
        const done = advised(program, () => call(program, prepared, own, keep))
        // Parts take turns with what moves between them, as does what looks at values; calls after this one wait.
        if (isWatched || !isReady(structureOf(program), prepared, own)) await done
        return { done }
      }),
    )
  }

  return watching({
    owner,
    queue,
    backends,
    unavailable,
    checkOpen,
    async start() {
      checkOpen()
      await starting.start()
    },
    plans: (program) => {
      checkOpen()
      return queue.enter(async () => {
        await ready()
        const { parts } = await advised(program, () => programs.lookUp(program))
        return { done: Promise.resolve(parts.map((p) => p.plan)) }
      })
    },
    run: (program, feeds, keep = false) => (keep ? netted(run(program, feeds, true)) : run(program, feeds, false)),
    runSync(program, feeds) {
      checkOpen()
      return callSync(program, feeds)
    },
    settle: (variable) =>
      queue.enter(async () => {
        if (variable.pending instanceof Tensor) {
          await ready()
          await settle([variable], ableFor(variable))
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
        if (pending) await settle([variable], able)
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
      await starting.ended()
      programs.dispose()
      await Promise.all(given.map((b) => b.close()))
    },
    nextEvaluation: () => evaluations++,
    get compiled() {
      return programs.compiled
    },
  })
}
