import { add, mul } from '@gradloom/core'
import type { Transformation } from '../transformation.ts'

/** Adds `weightDecay` times the parameter: before an adaptive scale it is L2 regularisation, after it decoupled decay.
 * @see https://arxiv.org/abs/1711.05101 */
export const addDecayedWeights = (weightDecay: number): Transformation => ({
  update: (gradients, { params }) =>
    weightDecay ? gradients.map((g, i) => add(g, mul(params[i], weightDecay))) : gradients,
})
