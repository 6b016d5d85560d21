import { BlasError } from '../blas/error.ts'
import { createAdjustment, createJob, isShort, type Job } from './adjustment.ts'
import {
  ACTIVE,
  ASLEEP,
  CHUNKS,
  CHUNK_BITS,
  CLOSED,
  DESCRIPTOR,
  FAILED,
  FINISHED,
  LEAVE,
  MOST_CHUNKS,
  TASK,
  TICKETS,
  TICKET_WORDS,
  WATCHED,
} from './control.ts'
import { startWorker, type PoolWorker, type WorkerFactory } from './worker.ts'

/** Looks at the counter before the caller goes to sleep too (where it may): some milliseconds, in which the system
 * moves a helper that it woke on the same core. */
const SPINS = 2_000_000
/** A helper that holds a chunk for this long is taken for dead. */
const LOST_MS = 120_000

/** An export of a loaded module: runs one chunk of the job that the descriptor at the address describes. `thread`
 * counts from 0, the caller. */
export type Task = (descriptor: number, chunk: number, thread: number) => void

/** Threads that share one memory and run chunks of a job; the calling thread is one of them. */
export interface Pool {
  /** Threads, with the caller. */
  readonly threads: number
  readonly memory: WebAssembly.Memory
  /** Why a helper is gone, once one is. What runs goes on without it; nothing can be loaded any more. */
  readonly lost: Error | undefined
  /**
   * Instantiates a module on every thread with `{ env: { memory }, Math }`; gives the caller's exports, and numbers of
   * the named tasks for `run`.
   * Not while a job runs.
   */
  load<N extends string>(
    module: WebAssembly.Module,
    tasks: readonly N[],
  ): Promise<{ readonly exports: WebAssembly.Exports; readonly tasks: Readonly<Record<N, number>> }>
  /**
   * Runs chunks 0 ... chunks - 1 of a task, at most 4095, in any order on any thread, and returns when all are done.
   * Blocks for that long; a helper that slept takes part as soon as it wakes, and nobody waits for one that does not.
   * With the same `job` for work that takes the same time again and again, fewer threads work while other programs keep
   * some from running, and the caller alone where the work is too short to be handed out.
   * @throws the caller's own error if its chunk threw, else Error if a helper's did.
   */
  run(task: number, descriptor: number, chunks: number, job?: Job): void
  /** While it is set, it is told after each job when each helper that took part began and ended, on the clock of the
   * caller's `performance.now`. */
  watch: ((thread: number, startMs: number, endMs: number) => void) | null
  /** Ends the helpers. */
  close(): Promise<void>
}

/** Whether helpers can share a memory here: SharedArrayBuffer, in pages only if they are cross-origin isolated. */
export const canShareMemory = (): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && globalThis.crossOriginIsolated !== false

export interface PoolOptions {
  /** Threads with the caller: 1 or more. */
  readonly threads: number
  /** Shared, if threads > 1. */
  readonly memory: WebAssembly.Memory
  /** Starts a worker that evaluates the given source; by default a Node worker or a page's blob worker. For pages whose
   * policy forbids blobs. */
  readonly worker?: WorkerFactory
}

/** As many as a machine has. */
const MOST_THREADS = 1024

/** Starts the helpers. @throws BlasError */
export async function createPool(options: PoolOptions): Promise<Pool> {
  const { threads, memory, worker: start = startWorker } = Object(options) as PoolOptions
  const isRight =
    Number.isInteger(threads) &&
    threads >= 1 &&
    threads <= MOST_THREADS &&
    memory instanceof WebAssembly.Memory &&
    typeof start === 'function'
  if (!isRight)
    throw new BlasError('argument', `createPool: 1 to ${MOST_THREADS} threads, a memory, a function required`)
  const words = TICKETS + TICKET_WORDS * threads
  const control = new Int32Array(new SharedArrayBuffer(4 * words + 16 * threads))
  const times = new Float64Array(control.buffer, 4 * words)
  const workers: PoolWorker[] = []
  const tasks: Task[] = []
  const adjustment = createAdjustment(threads)
  let generation = 0
  let late: Error | undefined
  let loading: Promise<unknown> = Promise.resolve()

  const nextGeneration = (): number => (generation = (generation + 1) & (2 ** (31 - CHUNK_BITS) - 1)) << CHUNK_BITS
  const wordOf = (range: number): number => TICKETS + TICKET_WORDS * range
  const firstOf = (range: number, chunks: number, active: number): number => Math.ceil((range * chunks) / active)
  const close = (): void => {
    for (let t = 0; t < threads; t++) Atomics.store(control, wordOf(t), CLOSED)
  }
  /** Gives each active thread a ticket for the first chunk of its range, and wakes those that sleep; who is about to
   * sees the change. */
  const open = (chunks: number, active: number): number => {
    const now = nextGeneration()
    control[CHUNKS] = chunks
    control[ACTIVE] = active
    for (let t = 0; t < active; t++) Atomics.store(control, wordOf(t), now + firstOf(t, chunks, active))
    for (let t = 1; t < active; t++)
      if (Atomics.load(control, wordOf(t) + ASLEEP) !== 0) Atomics.notify(control, wordOf(t))
    return now
  }
  /** Sends helpers back to their event loops, asks each, and lets them serve again. */
  const ask = async (message: (index: number) => object): Promise<void> => {
    Atomics.store(control, LEAVE, 1)
    open(0, threads)
    await Promise.all(workers.map((worker, k) => worker.ask(message(k + 1))))
    close()
    Atomics.store(control, LEAVE, 0)
    for (const worker of workers) worker.tell({ serve: true })
  }
  const finish = (chunks: number): void => {
    let deadline = 0
    for (let spins = 0; ; spins++) {
      const finished = Atomics.load(control, FINISHED)
      if (finished === chunks) return
      if (spins < SPINS) continue
      deadline ||= performance.now() + LOST_MS
      if (performance.now() > deadline)
        throw (late = new Error(
          `pool: a helper did not finish its chunk within ${LOST_MS / 1000} s. Close the pool and start another.`,
        ))
      try {
        Atomics.wait(control, FINISHED, finished, 1)
      } catch {
        // A page's main thread may not sleep: it goes on looking.
      }
    }
  }

  const tell = (watch: NonNullable<Pool['watch']>): void => {
    for (let t = 1; t < threads; t++) {
      const [start, end] = times.subarray(2 * t)
      if (start) watch(t, start - performance.timeOrigin, end - performance.timeOrigin)
    }
  }
  const alone = (task: number, descriptor: number, chunks: number): void => {
    const own = tasks[task]!
    for (let chunk = 0; chunk < chunks; chunk++) own(descriptor, chunk, 0)
  }
  const together = (task: number, descriptor: number, chunks: number, active: number): void => {
    const own = tasks[task]!
    const { watch } = pool
    control[WATCHED] = Number(watch !== null)
    if (watch) times.fill(0)
    control[TASK] = task
    control[DESCRIPTOR] = descriptor
    Atomics.store(control, FINISHED, 0)
    const now = open(chunks, active)
    let error: unknown
    for (let range = 0; range < active; range++) {
      const word = wordOf(range)
      const end = now + firstOf(range + 1, chunks, active)
      for (let ticket = now + firstOf(range, chunks, active); ticket < end;) {
        const seen = Atomics.compareExchange(control, word, ticket, ticket + 1)
        if (seen !== ticket) {
          ticket = seen
          continue
        }
        try {
          own(descriptor, ticket - now, 0)
        } catch (e) {
          error ??= e
        }
        Atomics.add(control, FINISHED, 1)
        ticket++
      }
    }
    finish(chunks)
    close()
    if (watch) tell(watch)
    const failed = Atomics.exchange(control, FAILED, 0)
    if (error) throw error
    if (failed > 0) throw new Error(`pool: ${failed} of ${chunks} chunks failed on helper threads`)
  }

  for (let k = 1; k < threads; k++) workers.push(start())
  const end = async (): Promise<void> => {
    await Promise.all(workers.splice(0).map((worker) => worker.end()))
  }
  try {
    if (workers.length > 0) await ask((index) => ({ control, memory, index, threads }))
  } catch (error) {
    await end()
    throw error
  }
  const pool: Pool = {
    threads,
    memory,
    watch: null,
    get lost() {
      return late ?? workers.find((worker) => worker.lost)?.lost
    },
    load: (module, names) => {
      // One after the other, so that every thread numbers the tasks alike.
      const loaded = loading.then(async () => {
        const imports = { env: { memory }, Math: Math as unknown as WebAssembly.ModuleImports }
        const [instance] = await Promise.all([
          WebAssembly.instantiate(module, imports),
          workers.length > 0 ? ask(() => ({ load: module, names })) : undefined,
        ])
        const numbers = names.map((name) => [name, tasks.push(instance.exports[name] as Task) - 1])
        return { exports: instance.exports, tasks: Object.fromEntries(numbers) }
      })
      loading = loaded.catch(() => {})
      return loaded
    },
    run: (task, descriptor, chunks, job = createJob()) => {
      if (workers.length === 0 || chunks < 2 || isShort(job)) return alone(task, descriptor, chunks)
      if (chunks > MOST_CHUNKS) throw new RangeError(`pool: a job has at most ${MOST_CHUNKS} chunks, got ${chunks}`)
      const begun = performance.now()
      const active = adjustment.active(begun)
      if (active === 1) alone(task, descriptor, chunks)
      else together(task, descriptor, chunks, active)
      const ended = performance.now()
      adjustment.done(job, active, ended, ended - begun)
    },
    close: end,
  }
  return pool
}
