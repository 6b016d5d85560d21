/** A mistake in a program, at places in its text. */
export interface Mistake {
  readonly from: number
  readonly to: number
  readonly message: string
}

/** What could stand at a place. */
export interface Proposal {
  readonly label: string
  /** As the compiler calls it: function, const, property, … */
  readonly kind: string
}

/** What a name means: its type, and the words written to it. */
export interface Meaning {
  readonly from: number
  readonly to: number
  readonly type: string
  readonly words: string
}

/** What the page asks of a program; each has an answer of its own kind. */
export interface Questions {
  readonly check: { readonly ask: { readonly text: string }; readonly answer: readonly Mistake[] }
  readonly propose: {
    readonly ask: { readonly text: string; readonly at: number }
    readonly answer: readonly Proposal[]
  }
  /** What a proposal is. */
  readonly explain: {
    readonly ask: { readonly text: string; readonly at: number; readonly label: string }
    readonly answer: Omit<Meaning, 'from' | 'to'> | null
  }
  /** What stands at a place. */
  readonly mean: { readonly ask: { readonly text: string; readonly at: number }; readonly answer: Meaning | null }
}
export type Question = keyof Questions

export type ToLanguage = {
  readonly [Q in Question]: { readonly id: number; readonly question: Q; readonly ask: Questions[Q]['ask'] }
}[Question]
export type FromLanguage =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
