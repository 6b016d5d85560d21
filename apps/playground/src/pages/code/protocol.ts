import type { Plan } from '@gradloom/core'

/** Numbers of a tensor that a program printed. */
export interface Printed {
  readonly kind: 'tensor'
  readonly shape: readonly number[]
  readonly dtype: string
  readonly text: string
  /** Null where there are too many to be sent. */
  readonly values: Float64Array<ArrayBuffer> | null
  readonly stats: Stats
}
export interface Stats {
  readonly low: number
  readonly high: number
  readonly mean: number
  readonly nan: number
}
export type Part = { readonly kind: 'text'; readonly text: string } | Printed

export interface ProgramFailure {
  readonly name: string
  readonly code: string
  readonly message: string
  /** Of the program, from 1; null where it is not known. */
  readonly line: number | null
  readonly stack: string
}

export type FromProgram =
  | { readonly type: 'plan'; readonly plan: Plan }
  | { readonly type: 'started' }
  | { readonly type: 'line'; readonly level: 'log' | 'warn' | 'error'; readonly parts: readonly Part[] }
  | { readonly type: 'skipped'; readonly count: number }
  | { readonly type: 'done'; readonly ms: number }
  | { readonly type: 'failed'; readonly failure: ProgramFailure; readonly ms: number }
