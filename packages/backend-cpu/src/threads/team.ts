import { createModule, createPool, type Job, type Module, type Pool, type Task } from '@gradloom/blas-wasm'
import { FUNCTIONS } from '../loop/by-lane.ts'
import { functions } from '../special/functions.ts'

/** Runs chunks of the jobs that descriptors describe. */
export interface TeamTask {
  readonly call: Task
  /** What the helpers know it by; undefined where only the caller has it. */
  readonly number?: number
}

/** The threads that work on one memory: the caller, and helpers where there are any. */
export interface Team {
  readonly threads: number
  readonly memory: WebAssembly.Memory
  /** A helper died, or does not answer. */
  readonly lost: boolean
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
  close(): Promise<void>
}

/** Most pages of a memory that 32-bit addresses reach. A shared memory can be imported only with a maximum, which may
 * overstate. */
const MOST_PAGES = 65_536

export function createTeam(threads: number, memory: WebAssembly.Memory): Team {
  const imports = { env: { memory }, [FUNCTIONS]: functions, Math: Math as unknown as WebAssembly.ModuleImports }
  let pool: Pool | undefined
  const own = (module: WebAssembly.Module): WebAssembly.Exports => new WebAssembly.Instance(module, imports).exports
  return {
    threads,
    memory,
    own,
    get lost() {
      return pool?.lost !== undefined
    },
    start: async () => {
      if (threads > 1) pool ??= await createPool({ threads, memory })
    },
    module: () => {
      const m = createModule()
      m.importMemory(threads > 1 ? { maximum: MOST_PAGES, shared: true } : {})
      return m
    },
    load: async <N extends string>(module: WebAssembly.Module, names: readonly N[]) => {
      const loaded = await pool?.load(module, names)
      const exports = loaded?.exports ?? own(module)
      return Object.fromEntries(
        names.map((name) => [name, { call: exports[name] as Task, number: loaded?.tasks[name] }]),
      ) as Record<N, TeamTask>
    },
    run: ({ call, number }, descriptor, chunks, job) => {
      if (pool && number !== undefined && chunks > 1) return pool.run(number, descriptor, chunks, job)
      for (let chunk = 0; chunk < chunks; chunk++) call(descriptor, chunk, 0)
    },
    close: async () => {
      await pool?.close()
    },
  }
}
