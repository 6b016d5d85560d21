import { BackendError } from '@gradloom/core'
import { createTeam, type Team, type TeamTask } from './team.ts'

/** A team that outlives its helpers: where one dies, the caller works alone until others have started, which have the
 * same tasks under the same numbers. */
export function createLastingTeam(threads: number, memory: WebAssembly.Memory): Team {
  let team = createTeam(threads, memory)
  const loaded: (readonly [module: WebAssembly.Module, names: readonly string[]])[] = []
  let line: Promise<unknown> = Promise.resolve()
  let isRenewing = false
  let isBroken = false
  let closed = false

  const isLost = (): boolean => isBroken || team.lost
  /** One after the other, so that every team numbers the tasks alike. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = line.then(work)
    line = result.catch(() => {
      /* for whoever waits for it */
    })
    return result
  }
  const renew = async (): Promise<void> => {
    const next = createTeam(threads, memory)
    try {
      await next.start()
      for (const [module, names] of loaded) await next.load(module, names)
      if (closed) throw new Error('it was closed')
    } catch (error) {
      await next.close()
      throw lostError(error)
    }
    const old = team
    team = next
    isBroken = false
    await old.close()
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
  const load = async <N extends string>(
    module: WebAssembly.Module,
    names: readonly N[],
  ): Promise<Readonly<Record<N, TeamTask>>> => {
    if (isLost()) await renew()
    try {
      const tasks = await team.load(module, names)
      loaded.push([module, names])
      return tasks
    } catch (error) {
      // Some helpers may have it, others not.
      isBroken = true
      throw lostError(error)
    }
  }
  return {
    threads,
    memory,
    get lost() {
      return isLost()
    },
    start: () => team.start(),
    module: () => team.module(),
    own: (module) => team.own(module),
    load: (module, names) =>
      inTurn(async () => {
        try {
          return await load(module, names)
        } catch (error) {
          if (!isLost() || closed) throw error
          return load(module, names)
        }
      }),
    run: (task, descriptor, chunks, job) => {
      if (!isLost()) {
        try {
          return team.run(task, descriptor, chunks, job)
        } catch (error) {
          throw isLost() ? lostError(error) : error
        }
      }
      renewSoon()
      for (let chunk = 0; chunk < chunks; chunk++) task.call(descriptor, chunk, 0)
    },
    close: async () => {
      closed = true
      await team.close()
      await line
    },
  }
}

const lostError = (cause: unknown): BackendError =>
  new BackendError(
    `cpu: its helper threads were lost: ${cause instanceof Error ? cause.message : String(cause)}; run again, which ` +
      `starts others`,
    { cause },
  )
