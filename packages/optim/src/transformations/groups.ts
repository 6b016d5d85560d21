import { NameError, zerosLike, type Tensor, type Tree } from '@gradloom/core'
import { filledWith, present } from '@gradloom/core/extend'
import { chain } from '../chain.ts'
import type { Optimizer } from '../optimizer.ts'
import { checked } from '../settings.ts'
import { aligned, mapTensors, namesOf, tensorsOf, type Tensors, type TensorTree } from '../tensors.ts'
import { counter, requirePlain, stateless, type Transformation } from '../transformation.ts'

type Select = (name: string, parameter: Tensor) => boolean

/** `inner` for the parameters that `select` chooses by name; the gradients of others pass as they are. The state is
 * that of `inner`, or null where none is chosen.
 * @throws SettingError for what is no function or transformation
 * @example chain(maskedBy((name) => !name.endsWith('bias'), addDecayedWeights(0.01)), sgd({ learningRate: 0.1 })) */
export function maskedBy(select: Select, inner: Transformation): Transformation {
  checked('maskedBy', { select, inner })
  requirePlain('maskedBy', inner)
  /** The tensors of `tree` whose parameters are selected; null stands for the others. */
  const chosen = (tree: Tree, params: Tree): Tree => {
    const names = namesOf(params)
    const tensors = aligned('maskedBy', tree, params)
    const some = tensorsOf(params).map((p, i) => (present('maskedBy', select(names[i], p)) ? tensors[i] : null))
    return filledWith(params, some as Tensor[]) as Tree
  }
  return {
    init(params, step = counter()) {
      const some = chosen(params, params)
      return namesOf(some).length ? inner.init(some, step) : null
    },
    update(gradients, state, { params, loss }) {
      const some = chosen(gradients, params)
      if (!namesOf(some).length) return { updates: gradients as TensorTree, state }
      const done = inner.update(some, state, { params: chosen(params, params), loss })
      const updated = aligned('maskedBy', done.updates, some)
      const names = namesOf(some)
      const all = tensorsOf(gradients)
      namesOf(gradients).forEach((name, i) => {
        all[i] = updated[names.indexOf(name)] ?? all[i]
      })
      return { ...done, updates: filledWith(gradients, all) as TensorTree }
    },
  }
}

/** `inner` with state and reports under the name of its group. */
const named = (group: string, inner: Transformation): Transformation<{ readonly [group: string]: TensorTree }> => ({
  ...inner,
  init: (params, step) => ({ [group]: inner.init(params, step) }),
  update(gradients, state, context) {
    const done = inner.update(gradients, state[group], context)
    const reports = Object.entries(done.reports ?? {}).map(([name, value]) => [`${group}/${name}`, value])
    return { updates: done.updates, state: { [group]: done.state }, reports: Object.fromEntries(reports) as Tensors }
  },
})

/** Each parameter by the optimizer of its group; the groups' state and reports are kept under their names.
 * @throws SettingError for what is no function or transformation; NameError, with parameters, for a group without one
 * @example perGroup((name) => (name.startsWith('head/') ? 'head' : 'body'), { head: adam(), body: freeze() }) */
export function perGroup(
  groupOf: (name: string, parameter: Tensor) => string,
  groups: { readonly [group: string]: Transformation },
): Optimizer {
  checked('perGroup', { groupOf, groups })
  checked('perGroup', { inner: Object.values(groups)[0] })
  const known = Object.keys(groups)
  const isOf =
    (wanted: string): Select =>
    (name, parameter) => {
      const group = present('perGroup', groupOf(name, parameter))
      if (!known.includes(group))
        throw new NameError(`perGroup: no optimizer for group ${group} of ${name}; there are ${known.join(', ')}`)
      return group === wanted
    }
  return chain(...Object.entries(groups).map(([group, inner]) => maskedBy(isOf(group), named(group, inner))))
}

/** Parameters that stay as they are. */
export const freeze = (): Transformation<null> => stateless((gradients) => mapTensors(zerosLike, gradients))
