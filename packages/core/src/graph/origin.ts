/** The part of a program that a node belongs to: what the user wrote, its gradient, or a value computed again for it.
 * */
export type Pass = 'forward' | 'backward' | 'recompute'

/** Where a node comes from. Nodes that were built together share one. */
export interface Origin {
  /** The path of names it was built under, such as `encoder/attention`. */
  readonly scope: string
  readonly pass: Pass
}

/** Where nodes come from that nobody named. */
export const UNNAMED: Origin = { scope: '', pass: 'forward' }

/** ` in encoder/attention`, for messages; nothing where there is no scope. */
export const inScope = ({ scope }: Origin): string => (scope ? ` in ${scope}` : '')
