import type { Pass } from '../plan/plan.ts'
import type { Mark } from './policy.ts'

/** Where a node comes from. Nodes that were built together share one. */
export interface Origin {
  /** The path of names it was built under, such as `encoder/attention`. */
  readonly scope: string
  readonly pass: Pass
  /** The segments it was built in, the innermost last. */
  readonly marks?: readonly Mark[]
}

/** Where nodes come from that nobody named. */
export const UNNAMED: Origin = { scope: '', pass: 'forward' }

/** ` in encoder/attention`, for messages; nothing where there is no scope. */
export const inScope = ({ scope }: Origin): string => (scope ? ` in ${scope}` : '')

/** `error`, whose message tells the scope that it comes from: the innermost one, once. Errors with a code are ours. */
export function placed(error: unknown, origin: Origin): unknown {
  const where = inScope(origin)
  if (!(error instanceof Error) || !('code' in error) || error.message.includes(where)) return error
  const { message, stack } = error
  error.message += where
  // It holds the message as it was.
  if (stack) error.stack = stack.replace(message, () => error.message)
  return error
}
