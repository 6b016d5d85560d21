import type { Backend } from '../plan/backend.ts'
import { BackendError } from '../errors.ts'

/** Starts backends when they are first needed. */
export interface Starting {
  readonly isStarted: boolean
  /** @throws BackendError where none can start; the next call tries again */
  start(): Promise<void>
  /** Resolves when none is about to start. */
  ended(): Promise<void>
}

/** What is not there is left out of `backends`, so that the next one takes over, and its error is added to
 * `unavailable`. `load`: what runs need besides. */
export function createStarting(backends: Backend[], unavailable: Error[], load: () => Promise<unknown>): Starting {
  let isStarted = false
  let starting: Promise<unknown> | null = null

  async function startAll(): Promise<void> {
    const errors = await Promise.all(backends.map(unavailableError))
    const failed = errors.filter((error) => error !== undefined)
    if (failed.length === backends.length) throw joined(failed)
    backends.splice(0, Infinity, ...backends.filter((_, i) => !errors[i]))
    unavailable.push(...failed)
  }
  return {
    get isStarted() {
      return isStarted
    },
    async start() {
      try {
        await (starting ??= startAll())
        await load()
        isStarted = true
      } catch (error) {
        starting = null
        throw error
      }
    },
    async ended() {
      await starting?.catch(() => undefined)
    },
  }
}

/** Starts a backend, or gives its error where what it needs is not there. */
async function unavailableError(backend: Backend): Promise<Error | undefined> {
  try {
    await backend.start()
  } catch (error) {
    if (Object(error).code !== 'BACKEND') throw error
    return error as Error
  }
}

const joined = (errors: readonly Error[]): Error =>
  errors.length > 1 ? new BackendError(errors.map(({ message }) => message).join('; ')) : errors[0]
