/** Keeps calls in order behind one that is submitted in several goes. */
export interface Turns {
  /** Whether a call would begin at once. */
  readonly isFree: boolean
  /** Calls `act`, at once or in its turn. */
  take<T>(act: () => Promise<T>): Promise<T>
  /** Says, before anything is awaited, that the calls after this one wait. */
  hold(until: Promise<unknown>): void
}

export function createTurns(): Turns {
  let last: Promise<unknown> | null = null
  let held: Promise<unknown> | null = null
  const begin = <T>(act: () => Promise<T>): Promise<T> => {
    held = null
    return act()
  }
  const wait = (until: Promise<unknown>): void => {
    const done = (): void => {
      if (last === own) last = null
    }
    const own = until.then(done, done)
    last = own
  }
  return {
    get isFree() {
      return last === null
    },
    take(act) {
      if (last) {
        return new Promise((resolve, reject) => {
          wait(
            last!.then(() => {
              begin(act).then(resolve, reject)
              return held
            }),
          )
        })
      }
      const result = begin(act)
      if (held) wait(held)
      return result
    },
    hold(until) {
      held = until
    },
  }
}
