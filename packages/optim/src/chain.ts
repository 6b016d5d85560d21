import { optimizer, type Optimizer } from './optimizer.ts'
import type { Transformation } from './transformation.ts'

/** Transformations one after another: the updates of each are the gradients of the next.
 * @example chain(clipByGlobalNorm(1), adam({ learningRate: cosine(1e-3, { steps: 1000 }) })) */
export const chain = (...members: readonly Transformation[]): Optimizer =>
  optimizer({
    update: (gradients, context) => members.reduce((g, member) => member.update(g, context), gradients),
    ...(members.some((m) => m.prepare) && {
      prepare: (loss, context) => members.reduce((l, member) => member.prepare?.(l, context) ?? l, loss),
    }),
  })
