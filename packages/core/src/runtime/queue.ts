/** A call that was handed on: what it will resolve to. */
export interface Issued<T> {
  readonly done: Promise<T>
}

/** Calls in the order in which they were made. A call is issued when the one before was; what it leads to may overlap,
 * because backends act in the order that they are called in. */
export interface Queue {
  /** No call waits, so that one may go at once. */
  readonly isIdle: boolean
  enter<T>(issue: () => Promise<Issued<T>>): Promise<T>
  /** Runs `act` now where no call waits, else in its turn. */
  inTurn(act: () => void): void
}

const nothing = (): void => undefined

export function createQueue(): Queue {
  let tail: Promise<unknown> = Promise.resolve()
  let waiting = 0
  const chain = <T>(next: () => Promise<T>): Promise<T> => {
    waiting++
    const turn = tail.then(next).finally(() => {
      waiting--
    })
    // Results are the callers' alone.
    tail = turn.then(nothing, nothing)
    return turn
  }
  return {
    get isIdle() {
      return waiting === 0
    },
    enter: async (issue) => (await chain(issue)).done,
    inTurn(act) {
      if (waiting === 0) act()
      else void chain(async () => act())
    },
  }
}
