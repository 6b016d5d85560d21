import type { Tensor } from '@gradloom/core'
import { optimizer, type Optimizer } from './optimizer.ts'
import { checked } from './settings.ts'
import type { TensorTree } from './tensors.ts'
import { counter, type Transformation } from './transformation.ts'

/** Transformations one after another: the updates of each are the gradients of the next. The state is the list of
 * theirs.
 * @throws SettingError for what is no transformation
 * @example chain(clipByGlobalNorm(1), adam({ learningRate: cosine(1e-3, { steps: 1000 }) })) */
export function chain(...members: readonly Transformation[]): Optimizer<readonly TensorTree[]> {
  for (const member of members) checked('chain', { inner: member })
  return optimizer<readonly TensorTree[]>({
    init: (params, step = counter()) => members.map((member) => member.init(params, step)),
    update(gradients, state, context) {
      const after: TensorTree[] = []
      const reports: Record<string, Tensor> = {}
      const updates = members.reduce((given, member, i) => {
        const done = member.update(given, state?.[i] as never, context)
        after.push(done.state)
        Object.assign(reports, done.reports)
        return done.updates
      }, gradients as TensorTree)
      return { updates, state: after, reports }
    },
    ...(members.some((member) => member.prepare) && {
      prepare: (loss: Tensor, state: readonly TensorTree[]) =>
        members.reduce((prepared, member, i) => member.prepare?.(prepared, state[i]) ?? prepared, loss),
    }),
  })
}
