import { defineOp, type Op } from '@gradloom/core'

export interface SpectrumAttrs {
  readonly name: string
  /** What eigenvalues or singular values must be. Rounding below 0 counts as 0 where they must not be negative; what
   * is positive is more than rounding, relative to the largest. */
  readonly must: 'be positive' | 'not be negative'
}

/** Values [..., k] as they are, once it is known that a function takes them. */
export const spectrumOp: Op<SpectrumAttrs> = defineOp<SpectrumAttrs>({
  name: 'linalg/spectrum',
  risk: () => 'any',
  infer: ([values]) => values,
  vjp: ({ cotangents: [g] }) => [g],
})
