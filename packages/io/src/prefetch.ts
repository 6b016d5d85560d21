/** Work that starts by itself once the consumer waits for something else, or when it is asked for. */
export interface Prefetch<T> {
  get(): Promise<T>
  /** For work that nobody will ask for: it does not start, or fails unheard. */
  cancel(): void
}

export function prefetch<T>(work: () => Promise<T>): Prefetch<T> {
  let result: Promise<T> | undefined
  const cancel = (): void => clearTimeout(timer)
  const get = (): Promise<T> => {
    cancel()
    result ??= work()
    // Whoever gets the result hears of a failure; until then it must not count as unhandled.
    result.catch(() => undefined)
    return result
  }
  // A task, not a microtask: the consumer goes first and sends off its own work.
  const timer = setTimeout(() => void get())
  return { get, cancel }
}
