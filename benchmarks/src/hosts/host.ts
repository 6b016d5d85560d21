import type { ContenderName } from '../contender.ts'
import type { Session } from '../session.ts'

/** A contender somewhere, with the number of threads that it may use. */
export interface Guest {
  readonly name: ContenderName
  readonly threads: number
  readonly session: Session
  close(): Promise<void>
}

/** A place to start contenders in. */
export interface Host {
  readonly name: string
  /** @throws UnsupportedError where the contender is not installed or can't run here */
  start(name: ContenderName, threads: number): Promise<Guest>
  close(): Promise<void>
}

/** A session whose calls go through `call`. */
export const remoteSession = (call: (method: keyof Session, args: readonly unknown[]) => Promise<unknown>): Session => {
  const methods = ['setup', 'check', 'warm', 'time', 'memory', 'cost', 'dispose'] as const
  return Object.fromEntries(
    methods.map((m) => [m, (...args: readonly unknown[]) => call(m, args)]),
  ) as unknown as Session
}
