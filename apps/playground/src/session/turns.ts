/** Requests of a page to a worker that trains, one after another. */
export interface Turns<R> {
  /** Between steps while training goes on, else at once; for a run that is still there. */
  between(work: (run: R) => Promise<void>): void
  /** Does what waits. */
  answer(): Promise<void>
}

export interface Training<R> {
  current(): R | null
  isRunning(): boolean
  fail(run: R, error: unknown): void
}

export function createTurns<R>({ current, isRunning, fail }: Training<R>): Turns<R> {
  let pending: (() => Promise<void>)[] = []
  return {
    between(work) {
      const run = current()
      if (!run) return
      const guarded = async (): Promise<void> => {
        try {
          if (run === current()) await work(run)
        } catch (error) {
          fail(run, error)
        }
      }
      if (isRunning()) pending.push(guarded)
      else void guarded()
    },
    async answer() {
      const due = pending
      pending = []
      for (const work of due) await work()
    },
  }
}
