/** Waits for what a device leaves. */
export type Patience = <T>(ask: () => Promise<T>) => Promise<T>

/** Below, milliseconds are not worth a timer. */
const LEAST_MS = 4
/** What was there within, may have been there for long. */
const SOON_MS = 1
const LESS = 0.9
/** How fast the wait grows: a first run, which compiles, says little of the next. */
const MORE_MS = 10
const MORE = 1 / 4

/** In Node, a promise of WebGPU that is awaited is polled for, which takes a processor from a device in software: a run
 * is asked for its results about when the one before had them. Where they were there at once it asks a tenth earlier
 * the next time, else later by half of what it waited, little by little. */
export function createPatience(isPolled: boolean): Patience {
  let ms = 0
  return async (ask) => {
    const begin = performance.now()
    if (isPolled && ms >= LEAST_MS) await new Promise((resolve) => setTimeout(resolve, ms))
    const askedAt = performance.now()
    const result = await ask()
    const end = performance.now()
    const waited = end - askedAt
    ms = waited < SOON_MS ? ms * LESS : Math.min(end - begin, ms + Math.min(waited / 2, MORE_MS + ms * MORE))
    return result
  }
}
