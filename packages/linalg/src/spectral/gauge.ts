import { defineOp, type Op } from '@gradloom/core'

/** What a gauge check reads about: values of the decomposition, and for whom it speaks. */
export interface GaugeAttrs {
  readonly name: string
  /** Relative to the largest value. */
  readonly tolerance: number
}

/**
 * The first input but for its rounding, once it is known that the loss does not depend on how vectors of equal values
 * were chosen.
 * Inputs: what turns such vectors into one another (antisymmetric, [..., k, k]), the share of the vectors in the loss
 * (as large as what cancels in it, [..., k, k]), values [..., k], and their cotangents [..., k].
 *
 * Vectors v_i, v_j of one value can be replaced by any rotation of theirs: a loss that changes has no gradient. And
 * where the loss reads such vectors and values weigh differently in it, the raw vectors do not tell what lies between
 * them.
 */
export const gaugeCheckOp: Op<GaugeAttrs> = defineOp<GaugeAttrs>({
  name: 'linalg/gaugeCheck',
  risk: () => 'any',
  infer: ([turning]) => turning,
  vjp: ({ cotangents: [g] }) => [g, null, null, null],
})

/**
 * The first input as it is, once it is known that the loss does not depend on vectors of values that are 0. Inputs:
 * what the loss takes of vectors beyond the others ([..., r, k]), of what that is a part ([..., r, k] or [..., k, k]),
 * and values [..., k].
 */
export const nullCheckOp: Op<GaugeAttrs> = defineOp<GaugeAttrs>({
  name: 'linalg/nullCheck',
  risk: () => 'any',
  infer: ([beside]) => beside,
  vjp: ({ cotangents: [g] }) => [g, null, null],
})
