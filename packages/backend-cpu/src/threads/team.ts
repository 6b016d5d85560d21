import { createModule, createPool, type Job, type Module, type Pool, type Task } from '@gradloom/blas-wasm'
import { BackendError } from '@gradloom/core'
import { messageOf } from '../errors.ts'
import { FUNCTIONS } from '../loop/by-lane.ts'
import { functions } from '../special/functions.ts'

/** Runs chunks of the jobs that descriptors describe. */
export interface TeamTask {
  readonly call: Task
  /** What the helpers know it by; undefined where only the caller has it. */
  readonly number?: number
}

/** The threads that work on one memory: the caller, and helpers where there are any. It outlives its helpers: where one
 * dies, the caller works alone until others have started, which have the same tasks under the same numbers. */
export interface Team {
  readonly threads: number
  readonly memory: WebAssembly.Memory
  /** Starts the helpers. */
  start(): Promise<void>
  /** An empty module that imports the memory. */
  module(): Module
  /** Tasks of a module, on every thread. It imports nothing but the memory and `Math`. */
  load<N extends string>(module: WebAssembly.Module, names: readonly N[]): Promise<Readonly<Record<N, TeamTask>>>
  /** Functions of a module, for the caller alone. It may import `FUNCTIONS` too. */
  own(module: WebAssembly.Module): WebAssembly.Exports
  /** Runs chunks 0 ... chunks - 1, on every thread that has the task; returns when all are done. */
  run(task: TeamTask, descriptor: number, chunks: number, job: Job): void
  /** Runs `body`; `told` is told when each helper worked, on the clock of this thread. */
  watched<T>(told: NonNullable<Pool['watch']>, body: () => T): T
  close(): Promise<void>
}

/** Most pages of a memory that 32-bit addresses reach. A shared memory can be imported only with a maximum, which may
 * overstate. */
const MOST_PAGES = 65_536

export function createTeam(threads: number, memory: WebAssembly.Memory): Team {
  const imports = { env: { memory }, [FUNCTIONS]: functions, Math: Math as unknown as WebAssembly.ModuleImports }
  const loaded: (readonly [module: WebAssembly.Module, names: readonly string[]])[] = []
  let pool: Pool | undefined
  let line: Promise<unknown> = Promise.resolve()
  let isRenewing = false
  let isBroken = false
  let closed = false

  const own = (module: WebAssembly.Module): WebAssembly.Exports => new WebAssembly.Instance(module, imports).exports
  const isLost = (): boolean => isBroken || pool?.lost !== undefined
  /** One after the other, so that every pool numbers the tasks alike. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = line.then(work)
    line = result.catch(() => {
      /* for whoever waits for it */
    })
    return result
  }
  const renew = async (): Promise<void> => {
    let next: Pool | undefined
    try {
      next = await createPool({ threads, memory })
      for (const [module, names] of loaded) await next.load(module, names)
      if (closed) throw new Error('it was closed')
    } catch (error) {
      await next?.close()
      throw lostError(error)
    }
    const old = pool
    pool = next
    isBroken = false
    await old?.close()
  }
  const renewSoon = (): void => {
    if (isRenewing || closed) return
    isRenewing = true
    inTurn(async () => (isLost() ? renew() : undefined))
      .catch(() => {
        /* the next run tries again */
      })
      .finally(() => {
        isRenewing = false
      })
  }
  const load = async (module: WebAssembly.Module, names: readonly string[]): ReturnType<Pool['load']> => {
    if (isLost()) await renew()
    try {
      const result = await pool!.load(module, names)
      loaded.push([module, names])
      return result
    } catch (error) {
      // Some helpers may have it, others not.
      isBroken = true
      throw lostError(error)
    }
  }
  return {
    threads,
    memory,
    own,
    start: async () => {
      if (threads > 1) pool ??= await createPool({ threads, memory })
    },
    module: () => {
      const m = createModule()
      m.importMemory(threads > 1 ? { maximum: MOST_PAGES, shared: true } : {})
      return m
    },
    load: async <N extends string>(module: WebAssembly.Module, names: readonly N[]) => {
      const again = (error: unknown): ReturnType<Pool['load']> => {
        if (closed) throw error
        return load(module, names)
      }
      const shared = pool && (await inTurn(() => load(module, names).catch(again)))
      const exports = shared?.exports ?? own(module)
      return Object.fromEntries(
        names.map((name) => [name, { call: exports[name] as Task, number: shared?.tasks[name] }]),
      ) as Record<N, TeamTask>
    },
    run: ({ call, number }, descriptor, chunks, job) => {
      if (pool && !isLost()) {
        if (number !== undefined && chunks > 1) {
          try {
            return pool.run(number, descriptor, chunks, job)
          } catch (error) {
            throw isLost() ? lostError(error) : error
          }
        }
      } else if (pool) renewSoon()
      for (let chunk = 0; chunk < chunks; chunk++) call(descriptor, chunk, 0)
    },
    watched: (told, body) => {
      const own = pool
      if (own) own.watch = told
      try {
        return body()
      } finally {
        if (own) own.watch = null
      }
    },
    close: async () => {
      closed = true
      await pool?.close()
      await line
    },
  }
}

const lostError = (cause: unknown): BackendError =>
  new BackendError(`cpu: its helper threads were lost: ${messageOf(cause)}; run again, which ` + `starts others`, {
    cause,
  })
