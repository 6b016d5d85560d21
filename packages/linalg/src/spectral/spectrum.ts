import { defineOp, type Op } from '@gradloom/core'

export interface SpectrumAttrs {
  readonly name: string
  /** What eigenvalues or singular values, or gaps between them, must be: more than the tolerance, or no less than 0 by
   * more; then what lies below 0 becomes 0. */
  readonly must: 'be positive' | 'be apart' | 'not be negative'
  /** Relative to the largest value. */
  readonly tolerance: number
}

/** Values [..., k] as they are, once it is known that a function takes them. */
export const spectrumOp: Op<SpectrumAttrs> = defineOp<SpectrumAttrs>({
  name: 'linalg/spectrum',
  risk: () => 'any',
  infer: ([values]) => values,
  vjp: ({ cotangents: [g] }) => [g],
})
