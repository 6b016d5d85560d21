import type { Degenerate } from '@gradloom/linalg'

/** A grey picture, 0 to 1. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly values: Float32Array<ArrayBuffer>
}

export const LOSSES = [
  ['vector', 'one eigenvector'],
  ['span', 'the span of both'],
] as const
/** What a loss reads of two eigenvectors whose values meet: the first of them, or the projection on both. */
export type LossName = (typeof LOSSES)[number][0]

export const POLICIES: readonly Degenerate[] = ['strict', 'lorentzian', 'mask', 'taylor']

/** Gaps between the two values: 10^-exponent, and the last is 0. */
export const EXPONENTS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, Infinity] as const

/** What a policy gives at a gap. */
export interface Outcome {
  /** The gradient's norm; null where it throws. */
  readonly norm: number | null
  /** The distance from the exact gradient, as a share of it; null where there is none. */
  readonly off: number | null
  /** What was thrown. */
  readonly error: string
}
export interface GapRow {
  readonly exponent: number
  /** The exact gradient's norm; null where there is none. */
  readonly exact: number | null
  readonly outcomes: readonly Outcome[]
}

export type ToLinalg =
  | { readonly type: 'picture'; readonly picture: Picture | null; readonly rank: number }
  | { readonly type: 'rank'; readonly rank: number }
  | { readonly type: 'gaps'; readonly loss: LossName }

export type FromLinalg =
  | { readonly type: 'decomposed'; readonly picture: Picture; readonly s: Float32Array<ArrayBuffer> }
  | { readonly type: 'ranked'; readonly rank: number; readonly values: Float32Array<ArrayBuffer>; readonly off: number }
  | { readonly type: 'gaps'; readonly loss: LossName; readonly rows: readonly GapRow[] }
  | { readonly type: 'failed'; readonly message: string }
